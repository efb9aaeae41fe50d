import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Ollama } from 'ollama'
import { afterEach, describe, expect, test } from 'vitest'
import type { ListedModel } from '../../core/adapter.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { ollama } from '../ollama.ts'

interface Reply {
  status?: number
  body: unknown
}

interface Asked {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

const servers: Server[] = []
const pools = new OriginPools()
const asked: Asked[] = []

afterEach(async () => {
  await pools.destroy()
  for (const server of servers.splice(0)) server.close()
  asked.length = 0
})

/** An engine that answers on these paths, and elsewhere with 404. */
async function engine(replies: Readonly<Record<string, Reply | ((body: string) => Reply)>>): Promise<string> {
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const sent = await text(request)
    asked.push({ method, path, headers, body: sent })
    const reply = replies[path] ?? { status: 404, body: { error: 'not found' } }
    const { status = 200, body } = typeof reply === 'function' ? reply(sent) : reply
    response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const list = (baseUrl: string, transport = createTransport(pools, 'ollama', { connectMs: 5_000, maxConnections: 8 })) =>
  ollama.listModels!({
    provider: 'ollama',
    baseUrl,
    headers: { 'x-team': 'trams' },
    credential: 'local-credential',
    flags: {},
    settings: {},
    signal: new AbortController().signal,
    transport,
  })

const TAGS = {
  models: [
    {
      name: 'gemma3:12b',
      model: 'gemma3:12b',
      digest: 'd1',
      details: { format: 'gguf', family: 'gemma3', families: ['gemma3'], context_length: 131072 },
      capabilities: ['completion', 'vision'],
    },
    {
      name: 'qwen3:8b',
      model: 'qwen3:8b',
      details: { families: ['qwen3'], context_length: 40960 },
      capabilities: ['completion', 'tools', 'thinking'],
    },
    { name: 'embeddinggemma:latest', details: { families: ['gemma3'] }, capabilities: ['embedding'] },
    { name: 'x/z-image-turbo:latest', details: { families: null }, capabilities: ['image'] },
    // Weights that are elsewhere: no format and no families.
    {
      name: 'gpt-oss:120b-cloud',
      remote_model: 'gpt-oss:120b',
      remote_host: 'https://ollama.com:443',
      size: 384,
      details: { format: '', family: '', families: null },
      capabilities: ['completion', 'tools'],
    },
  ],
}
const RUNNING = { models: [{ name: 'gemma3:12b', model: 'gemma3:12b', context_length: 8192, size_vram: 1 }] }

describe('a list', () => {
  test('tells what models can do, what is in memory and what is elsewhere', async () => {
    const url = await engine({ '/api/tags': { body: TAGS }, '/api/ps': { body: RUNNING } })
    const local = { remote: false, loaded: false, image: false }
    expect(await list(`${url}/v1`)).toEqual([
      { ...local, id: 'gemma3:12b', contextTokens: 8192, vision: true, tools: false, embedding: false, loaded: true },
      { ...local, id: 'qwen3:8b', contextTokens: 40960, vision: false, tools: true, embedding: false },
      { ...local, id: 'embeddinggemma:latest', vision: false, tools: false, embedding: true },
      { ...local, id: 'x/z-image-turbo:latest', vision: false, tools: false, embedding: false, image: true },
      { id: 'gpt-oss:120b-cloud', vision: false, tools: true, embedding: false, image: false, remote: true },
    ] satisfies ListedModel[])
    expect(asked.map(({ path }) => path).sort()).toEqual(['/api/ps', '/api/tags'])
    for (const { headers } of asked) {
      expect(headers).toMatchObject({ authorization: 'Bearer local-credential', 'x-team': 'trams' })
    }
  })

  test.each([
    ['gpt-oss:20b-cloud', true],
    ['kimi-k2:cloud', true],
    ['somebody/model:20b-Cloud', true],
    ['cloud', false],
    ['my-cloud-model:latest', false],
    ['my-cloud:7b', false],
    ['host:5000/some-cloud/model', false],
  ])('%s, of an engine that says no more, is elsewhere: %s', async (name, remote) => {
    const url = await engine({ '/api/tags': { body: { models: [{ name }] } } })
    expect(await list(url)).toMatchObject([{ id: name, remote }])
  })

  test('of Ollama’s own service has nothing that is here', async () => {
    const answer = { status: 200, headers: {}, body: [] as never, json: async () => ({}) }
    const transport = async (url: string) => ({
      ...answer,
      text: async () => JSON.stringify(url.endsWith('/tags') ? { models: [{ name: 'gpt-oss:20b' }] } : {}),
    })
    expect(await list('https://ollama.com/v1', transport)).toMatchObject([{ id: 'gpt-oss:20b', remote: true }])
  })

  test('of an older engine knows embedding models by their family, and leaves the rest open', async () => {
    const models = [
      { name: 'llama3.1:8b', details: { families: ['llama'] } },
      { name: 'nomic-embed-text:latest', details: { families: ['nomic-bert'] } },
      { name: 'bare' },
      { size: 5 },
      null,
    ]
    const open = { vision: undefined, tools: undefined, image: undefined, loaded: undefined, remote: false }
    expect(await list(await engine({ '/api/tags': { body: { models } } }))).toEqual([
      { ...open, id: 'llama3.1:8b', embedding: false },
      { ...open, id: 'nomic-embed-text:latest', embedding: true },
      { ...open, id: 'bare', embedding: false },
    ] satisfies ListedModel[])
  })

  test('may be empty', async () => {
    expect(await list(await engine({ '/api/tags': { body: { models: null } } }))).toEqual([])
  })

  test.each<[string, Reply, string, RegExp]>([
    ['its errors', { status: 500, body: { error: 'disk is gone' } }, 'upstream_error', /ollama: disk is gone/],
    ['its refusals', { status: 401, body: { error: 'unauthorized' } }, 'authentication', /unauthorized/],
    ['a page', { body: '<html>hello</html>' }, 'invalid_output', /no JSON object at \/api\/tags/],
  ])('that cannot be had: %s are told', async (_, reply, code, message) => {
    await expect(list(await engine({ '/api/tags': reply }))).rejects.toMatchObject({
      name: 'TurnoutError',
      code,
      provider: 'ollama',
      message: expect.stringMatching(message),
    })
  })
})

describe('the details of an engine whose list lacks them', () => {
  const tag = (name: string, digest: string) => ({ name, digest, details: { families: ['x'] } })
  const SHOWN = {
    capabilities: ['completion', 'vision', 'tools'],
    model_info: { 'general.architecture': 'gemma3', 'gemma3.context_length': 131072 },
  }
  const shown = () =>
    asked.filter(({ path }) => path === '/api/show').map(({ body }) => JSON.parse(body).model as string)

  test('are asked for once, and anew when the content of the model has changed', async () => {
    const models = [tag('once:1', 'a')]
    const url = await engine({ '/api/tags': () => ({ body: { models } }), '/api/show': { body: SHOWN } })
    const known = { id: 'once:1', contextTokens: 131072, vision: true, tools: true, embedding: false, image: false }
    expect(await list(url)).toMatchObject([known])
    expect(await list(url)).toMatchObject([known])
    expect(shown()).toEqual(['once:1'])
    models[0] = tag('once:1', 'b')
    await list(url)
    expect(shown()).toEqual(['once:1', 'once:1'])
  })

  test('are learned a few at a time', async () => {
    const models = Array.from({ length: 20 }, (_, index) => tag(`many:${index}`, 'a'))
    const url = await engine({ '/api/tags': { body: { models } }, '/api/show': { body: SHOWN } })
    const knowing = async () => (await list(url)).filter(({ vision }) => vision !== undefined).length
    expect([await knowing(), await knowing(), await knowing()]).toEqual([16, 20, 20])
    expect(shown()).toHaveLength(20)
  })

  test('that cannot be had leave the list as it is, and are asked for again', async () => {
    const replies: Reply[] = [{ status: 500, body: { error: 'no' } }, { body: '<html>' }, { body: SHOWN }]
    const models = [tag('late:1', 'a')]
    const url = await engine({ '/api/tags': { body: { models } }, '/api/show': () => replies.shift()! })
    const seen = [await list(url), await list(url), await list(url)]
    expect(seen.map(([model]) => model?.vision)).toEqual([undefined, undefined, true])
  })
})

test('the official SDK asks the same', async () => {
  const digest = 'sdk'
  const models = [{ name: 'asked:1', digest }]
  const url = await engine({
    '/api/tags': { body: { models } },
    '/api/ps': { body: RUNNING },
    '/api/show': { body: {} },
  })
  const sdk = new Ollama({ host: url, headers: { authorization: 'Bearer local-credential' } })
  const sdkLists = (await sdk.list()).models.map(({ name }) => name)
  await sdk.ps()
  await sdk.show({ model: 'asked:1' })
  const sent = ({ method, path, headers, body }: Asked) => ({
    method,
    path,
    authorization: headers.authorization,
    body: body && (JSON.parse(body) as unknown),
  })
  const byPath = (all: Asked[]) => all.map(sent).sort((a, b) => a.path.localeCompare(b.path))
  const ofSdk = byPath(asked.splice(0))
  expect((await list(`${url}/v1`)).map(({ id }) => id)).toEqual(sdkLists)
  expect(byPath(asked)).toEqual(ofSdk)
})
