import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { createTransport } from '../gateway/transport.ts'
import { OriginPools } from '../lib/http/pools.ts'
import { lmstudio } from './lmstudio.ts'
import { ollama } from './ollama.ts'

interface Reply {
  status?: number
  body: unknown
}

const servers: Server[] = []
const pools = new OriginPools()
let asked: { path: string; headers: IncomingHttpHeaders }[] = []

afterEach(async () => {
  await pools.destroy()
  for (const server of servers.splice(0)) server.close()
  asked = []
})

/** An engine that has these lists; on every other path it answers as LM Studio does, with status 200. */
async function engine(lists: Readonly<Record<string, Reply>>): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    const { status = 200, body } = lists[path] ?? { body: { error: `Unexpected endpoint or method. (GET ${path})` } }
    response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const list = (adapter: ProviderAdapter, baseUrl: string, signal = new AbortController().signal) =>
  adapter.listModels!({
    provider: adapter.id,
    baseUrl,
    headers: { 'x-team': 'trams' },
    credential: 'local-credential',
    flags: {},
    settings: {},
    signal,
    transport: createTransport(pools, adapter.id, { connectMs: 5_000, maxConnections: 4 }),
  })

const paths = () => asked.map(({ path }) => path)

/** An address at which nobody listens any more. */
async function deserted(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/v1`
}

const V1 = {
  models: [
    {
      type: 'llm',
      publisher: 'google',
      key: 'google/gemma-3-12b',
      display_name: 'Gemma 3 12B',
      architecture: 'gemma3',
      loaded_instances: [
        { id: 'google/gemma-3-12b', config: { context_length: 8192 } },
        { id: 'google/gemma-3-12b:2', config: { context_length: 4096 } },
      ],
      max_context_length: 131072,
      format: 'gguf',
      capabilities: { vision: true, trained_for_tool_use: false },
    },
    {
      type: 'llm',
      key: 'qwen/qwen3-8b',
      display_name: 'Qwen3 8B',
      loaded_instances: [],
      max_context_length: 40960,
      capabilities: { vision: false, trained_for_tool_use: true },
    },
    {
      type: 'embedding',
      key: 'text-embedding-nomic-embed-text-v1.5',
      display_name: 'Nomic Embed Text v1.5',
      loaded_instances: [],
      max_context_length: 2048,
    },
  ],
}

const V0 = {
  object: 'list',
  data: [
    { id: 'qwen2-vl-7b-instruct', object: 'model', type: 'vlm', state: 'not-loaded', max_context_length: 32768 },
    {
      id: 'meta-llama-3.1-8b-instruct',
      object: 'model',
      type: 'llm',
      state: 'loaded',
      max_context_length: 131072,
      loaded_context_length: 4096,
      capabilities: ['tool_use'],
    },
    { id: 'nomic-embed-text-v1.5', object: 'model', type: 'embeddings', max_context_length: 2048, capabilities: [] },
  ],
}
const LISTED_V0 = [
  { id: 'qwen2-vl-7b-instruct', contextTokens: 32768, vision: true, tools: undefined, embedding: false, loaded: false },
  {
    id: 'meta-llama-3.1-8b-instruct',
    contextTokens: 4096,
    vision: false,
    tools: true,
    embedding: false,
    loaded: true,
  },
  { id: 'nomic-embed-text-v1.5', contextTokens: 2048, vision: false, tools: false, embedding: true },
]

const OPENAI = { object: 'list', data: [{ id: 'some-model', object: 'model', owned_by: 'organization_owner' }] }
const LISTED_OPENAI = [{ id: 'some-model' }]

describe('LM Studio', () => {
  test('lists names, context, vision, tools, embedding models and what is loaded, since 0.4', async () => {
    expect(await list(lmstudio, `${await engine({ '/api/v1/models': { body: V1 } })}/v1`)).toEqual([
      {
        id: 'google/gemma-3-12b',
        name: 'Gemma 3 12B',
        contextTokens: 4096,
        vision: true,
        tools: false,
        embedding: false,
        loaded: true,
      },
      {
        id: 'qwen/qwen3-8b',
        name: 'Qwen3 8B',
        contextTokens: 40960,
        vision: false,
        tools: true,
        embedding: false,
        loaded: false,
      },
      {
        id: 'text-embedding-nomic-embed-text-v1.5',
        name: 'Nomic Embed Text v1.5',
        contextTokens: 2048,
        vision: undefined,
        tools: undefined,
        embedding: true,
        loaded: false,
      },
    ] satisfies ListedModel[])
    expect(paths()).toEqual(['/api/v1/models'])
    expect(asked[0]!.headers).toMatchObject({ authorization: 'Bearer local-credential', 'x-team': 'trams' })
  })

  test('a list that is empty is an answer', async () => {
    expect(await list(lmstudio, await engine({ '/api/v1/models': { body: { models: [] } } }))).toEqual([])
    expect(paths()).toEqual(['/api/v1/models'])
  })

  test.each<[string, Reply | undefined]>([
    ['200 and an error, as LM Studio does', undefined],
    ['404', { status: 404, body: { error: { message: 'no such route' } } }],
    ['404 in HTML', { status: 404, body: '<html><title>Not found</title></html>' }],
    ['200 in HTML', { body: '<html><title>Welcome</title></html>' }],
    ['no list', { body: { models: null, data: null } }],
  ])('older lists are asked for where a newer one is answered with %s', async (_, absent) => {
    const none: Record<string, Reply> = absent ? { '/api/v1/models': absent } : {}
    const older = await engine({ ...none, '/api/v0/models': { body: V0 } })
    expect(await list(lmstudio, `${older}/v1`)).toEqual(LISTED_V0)
    expect(paths()).toEqual(['/api/v1/models', '/api/v0/models'])

    const neither = absent ? { ...none, '/api/v0/models': absent } : none
    const oldest = await engine({ ...neither, '/v1/models': { body: OPENAI } })
    expect(await list(lmstudio, oldest)).toEqual(LISTED_OPENAI)
    expect(paths().slice(2)).toEqual(['/api/v1/models', '/api/v0/models', '/v1/models'])
  })

  test('a server in trouble is not asked for a poorer list', async () => {
    const lists = { '/api/v0/models': { body: V0 }, '/v1/models': { body: OPENAI } }
    for (const [status, code] of [
      [401, 'authentication'],
      [500, 'upstream_error'],
      [503, 'overloaded'],
    ] as const) {
      const url = await engine({ ...lists, '/api/v1/models': { status, body: { error: 'no' } } })
      await expect(list(lmstudio, url)).rejects.toMatchObject({
        name: 'TurnoutError',
        code,
        message: expect.not.stringContaining('local-credential'),
      })
    }
    expect(paths()).toEqual(['/api/v1/models', '/api/v1/models', '/api/v1/models'])
  })

  test('entries that are no models are left out', async () => {
    const good = { type: 'llm', key: 'good', loaded_instances: null }
    const odd = { models: [null, {}, { key: 5 }, good] }
    const models = await list(lmstudio, await engine({ '/api/v1/models': { body: odd } }))
    expect(models.map(({ id }) => id)).toEqual(['good'])
  })
})

test.each([lmstudio, ollama])('$id that is not there is a failed connection', async (adapter) => {
  await expect(list(adapter, await deserted())).rejects.toMatchObject({
    name: 'TurnoutError',
    code: 'connection',
    provider: adapter.id,
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test.each([lmstudio, ollama])('$id is given up when the caller says so', async (adapter) => {
  const reason = new Error('enough')
  await expect(list(adapter, await engine({}), AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(asked).toEqual([])
})
