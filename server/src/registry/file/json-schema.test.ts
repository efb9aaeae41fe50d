import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { renderConfigurationSchema } from './json-schema.ts'

test('the published schema is that of the code', async () => {
  const published = await readFile(new URL('../../../../docs/reference/turnout.schema.json', import.meta.url), 'utf8')
  expect(published, 'run: node server/src/registry/file/write-schema.ts').toBe(renderConfigurationSchema())
})

test('an editor that uses it sees what is wrong', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(renderConfigurationSchema()),
  )
  expect(validate({ models: [{ id: 'a' }], providers: { openai: { credential: 'env:KEY' } } })).toBe(true)
  expect(validate({})).toBe(true)
  expect(validate({ models: [{ name: 'no id' }] })).toBe(false)
  expect(validate({ providers: { openai: { credential: 'the secret itself' } } })).toBe(false)
  expect(validate({ modles: [] })).toBe(false)
})
