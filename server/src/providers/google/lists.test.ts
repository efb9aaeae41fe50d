import { expect, test } from 'vitest'
import { google } from '../google.ts'
import { connectTo } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'

test('the models of the Gemini API, page by page', async () => {
  const pages = [
    {
      models: [
        {
          name: 'models/gemini-3.8-flash',
          displayName: 'Gemini 3.8 Flash',
          inputTokenLimit: 1_048_576,
          supportedGenerationMethods: ['generateContent', 'countTokens'],
        },
        {},
      ],
      nextPageToken: 'a b',
    },
    { models: [{ name: 'models/gemini-embedding-001', supportedGenerationMethods: ['embedContent'] }] },
  ]
  const connection = connectTo(pages.map((body) => ({ body })))
  expect(await google.listModels!(connection)).toEqual([
    { id: 'gemini-3.8-flash', name: 'Gemini 3.8 Flash', contextTokens: 1_048_576, embedding: false },
    { id: 'gemini-embedding-001', name: undefined, contextTokens: undefined, embedding: true },
  ])
  expect(connection.sent.map(({ url }) => url)).toEqual([
    'https://provider.example/v1beta/models?pageSize=1000',
    'https://provider.example/v1beta/models?pageSize=1000&pageToken=a%20b',
  ])
})

test('a list that never ends is left', async () => {
  const connection = connectTo(() => ({ body: { models: [], nextPageToken: 'again' } }))
  expect(await google.listModels!(connection)).toEqual([])
})

test("the models of Google's that Vertex AI lists", async () => {
  const body = { publisherModels: [{ name: 'publishers/google/models/gemini-3.8-flash' }, null] }
  const connection = connectTo([{ body }], { settings: { project: 'p' } })
  expect(await vertex.listModels!(connection)).toEqual([{ id: 'gemini-3.8-flash', embedding: false }])
  expect(connection.sent[0]!.url).toBe('https://provider.example/v1beta1/publishers/google/models?pageSize=100')
})

test('embeddings with usage, and too few of them', async () => {
  const call = { model: 'gemini-embedding-2', texts: ['a', 'b'], defaults: { taskType: 'RETRIEVAL_QUERY' } }
  const body = { embeddings: [{ values: [1, 0] }, { values: [0, 1] }], usageMetadata: { promptTokenCount: 2 } }
  const connection = connectTo([{ body }, { body: { embeddings: [{ values: [1] }] } }])
  expect(await google.embed!.embed(call, connection)).toEqual({
    vectors: [
      [1, 0],
      [0, 1],
    ],
    usage: { inputTokens: 2 },
    warnings: [],
  })
  expect(connection.lastJson()).toMatchObject({ requests: [{ taskType: 'RETRIEVAL_QUERY' }, {}] })
  await expect(google.embed!.embed(call, connection)).rejects.toMatchObject({ code: 'invalid_output' })
})
