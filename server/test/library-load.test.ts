import { expect, test } from 'vitest'
import { loadedBy } from '../../bench/src/adapters/libraries.ts'

const LIBRARY = import.meta.resolve('turnout')
const packageOf = (url: string): string | undefined => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
const folderOf = (url: string): string | undefined => /\/server\/src\/([^/]+)/.exec(url)?.[1]

test('the library loads no server, no database and no library of a single provider', async () => {
  const loaded = await loadedBy(LIBRARY)
  expect(loaded).toContain(LIBRARY)
  const packages = new Set(loaded.flatMap((url) => packageOf(url) ?? []))
  expect([...packages].sort()).toEqual(['ajv', 'fast-deep-equal', 'fast-uri', 'json-schema-traverse', 'undici', 'zod'])
  const folders = new Set(loaded.flatMap((url) => folderOf(url) ?? []))
  expect([...folders].sort()).toEqual(['core', 'gateway', 'lib', 'library', 'providers', 'registry'])
})

test('the server would be seen', async () => {
  const loaded = await loadedBy(import.meta.resolve('turnout/src/main.ts'))
  const packages = new Set(loaded.flatMap((url) => packageOf(url) ?? []))
  expect([...packages]).toEqual(expect.arrayContaining(['fastify', 'pg', 'kysely', 'pino', 'yaml']))
})
