import { expect, test } from 'vitest'
import { anthropic } from '../anthropic.ts'
import { connectTo } from '../testing/connection.ts'

test('lists every page of models', async () => {
  const opus = {
    id: 'claude-opus-5',
    display_name: 'Claude Opus 5',
    max_input_tokens: 1_000_000,
    capabilities: { image_input: { supported: true } },
  }
  const connection = connectTo([
    { body: { data: [opus, { id: 7 }], has_more: true, last_id: 'claude-opus-5' } },
    { body: { data: [{ id: 'claude-old', capabilities: null, max_input_tokens: null }], has_more: false } },
  ])
  expect(await anthropic.listModels!(connection)).toEqual([
    { id: 'claude-opus-5', name: 'Claude Opus 5', contextTokens: 1_000_000, vision: true },
    { id: 'claude-old' },
  ])
  expect(connection.sent.map(({ url }) => url)).toEqual([
    'https://provider.example/v1/models?limit=1000',
    'https://provider.example/v1/models?limit=1000&after_id=claude-opus-5',
  ])
  expect(connection.sent[0]!.headers).toMatchObject({ 'x-api-key': 'secret-credential' })
})

test('a list without an end is not followed for ever', async () => {
  const connection = connectTo(() => ({ body: { data: [], has_more: true, last_id: 'x' } }))
  expect(await anthropic.listModels!(connection)).toEqual([])
  expect(connection.sent).toHaveLength(20)
})

test('a refused credential is told', async () => {
  const body = { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }
  await expect(anthropic.listModels!(connectTo([{ status: 401, body }]))).rejects.toMatchObject({
    code: 'authentication',
  })
})
