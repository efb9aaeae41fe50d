import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Emulator, startEmulator } from '@turnout/emulator'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BIN, serve } from '../../test/support/run.ts'
import { makeWorld } from '../../test/support/world.ts'
import { ADMIN_KEY, FAST_RETRIES } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
const CREDENTIAL = 'sk-upstream-credential'
/** What must not be in the log, in prompts and queries. */
const PROMPT = 'a secret prompt about trams'
const QUERY = 'secret-of-a-query'

interface Line {
  msg: string
  requestId: string
  method: string
  path: string
  status: number
  ms: number
  key: string
  model: string
  provider: string
  attempts: number
  cost: string | null
  error?: string
}

let stdout: string
let lines: Line[]
let key: { id: string; secret: string }
/** Signature of the link that was handed out. */
let signature: string
let emulator: Emulator

/** What was done, and the id that the answer to it had. */
const ids = new Map<string, string>()

/** Runs the program as people do, makes requests of every kind, and reads what it has written when it has ended. */
async function run(): Promise<void> {
  const world = makeWorld()
  writeFileSync(join(world.cwd, 'turnout.yaml'), FAST_RETRIES)
  const server = await serve(process.execPath, [BIN, 'start', '--port', '0'], {
    cwd: world.cwd,
    env: {
      OPENAI_API_KEY: CREDENTIAL,
      OPENAI_BASE_URL: emulator.openaiBaseUrl,
      TURNOUT_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: 'info',
    },
  })
  try {
    await ask(server.url)
  } finally {
    stdout = (await server.stop()).stdout
    world.remove()
  }
}

async function ask(url: string): Promise<void> {
  const send = async (name: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      ...init,
    })
    ids.set(name, response.headers.get('x-turnout-request-id')!)
    return response
  }
  const created = await fetch(`${url}/api/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'app' }),
  })
  key = ((await created.json()) as { data: typeof key }).data

  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key.secret, maxRetries: 0 })
  const chat = { model: CHAT, messages: [{ role: 'user' as const, content: PROMPT }] }
  const noted = async <T>(name: string, answer: { withResponse(): Promise<{ data: T; response: Response }> }) => {
    const { data, response } = await answer.withResponse()
    ids.set(name, response.headers.get('x-turnout-request-id')!)
    return { data, cost: response.headers.get('x-turnout-cost') }
  }
  const { cost } = await noted('completion', client.chat.completions.create(chat))
  expect(Number(cost)).toBeGreaterThan(0)
  ids.set('cost of the completion', cost!)
  const { data: stream } = await noted('stream', client.chat.completions.create({ ...chat, stream: true }))
  await Array.fromAsync(stream)

  emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 503 } })
  await noted('retried', client.chat.completions.create(chat))

  const body = JSON.stringify({ ...chat, model: `no-such-${CHAT}` })
  await send('unknown model', '/v1/chat/completions', { method: 'POST', body })
  const refused = { kind: 'status', status: 400, body: { error: { message: `no ${PROMPT}` } } } as const
  emulator.faults.add({ match: { operation: 'chat' }, fault: refused })
  await send('refused', '/v1/chat/completions', { method: 'POST', body: JSON.stringify(chat) })

  await send('query', `/v1/models?key=${QUERY}`)
  await send('unknown route', `/v1/nonsense?key=${QUERY}`)
  await send('wrong key', '/v1/models', { headers: { authorization: 'Bearer trn_wrongwrongwrongwrongwrong' } })
  await send('other header', '/v1/models', { headers: { 'x-api-key': key.secret } })

  const { data } = await client.images.generate({
    model: IMAGE,
    prompt: PROMPT,
    quality: 'low',
    response_format: 'url',
  })
  const link = new URL(data![0]!.url!)
  signature = link.searchParams.get('signature')!
  await (await send('picture', link.pathname + link.search)).arrayBuffer()
  await send('forged', `${link.pathname}?expires=1&signature=${QUERY}`)

  emulator.faults.add({ match: { operation: 'embeddings' }, fault: { kind: 'silence' } })
  const leaving = new AbortController()
  const left = client.embeddings.create({ model: 'text-embedding-3-small', input: PROMPT }, { signal: leaving.signal })
  await vi.waitFor(() => expect(emulator.requests().at(-1)!.operation).toBe('embeddings'))
  leaving.abort()
  await expect(left).rejects.toThrow()
  await vi.waitFor(() => expect(emulator.aborted()).toHaveLength(1))

  await send('native', '/api/generate-text', {
    method: 'POST',
    body: JSON.stringify({ modelId: CHAT, prompt: PROMPT }),
  })
  await send('native query', `/api/usage?user=${QUERY}`)
}

beforeAll(async () => {
  emulator = await startEmulator()
  await run()
  lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ msg }) => msg === 'request')
})
afterAll(() => emulator.close())

/** The one line of a request. */
function lineOf(name: string): Line {
  const found = lines.filter(({ requestId }) => requestId === ids.get(name))
  expect(found).toHaveLength(1)
  return found[0]!
}

describe('each request has one line', () => {
  test.each<[string, () => Partial<Line>]>([
    [
      'completion',
      () => ({
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        key: key.id,
        model: CHAT,
        provider: 'openai',
        attempts: 1,
        cost: ids.get('cost of the completion')!,
      }),
    ],
    [
      'stream',
      () => ({
        status: 200,
        key: key.id,
        model: CHAT,
        provider: 'openai',
        attempts: 1,
        cost: expect.stringMatching(/^0\.\d+$/),
      }),
    ],
    ['retried', () => ({ status: 200, model: CHAT, attempts: 2, cost: expect.stringMatching(/^0\.\d+$/) })],
    [
      'unknown model',
      () => ({
        status: 404,
        key: key.id,
        model: `no-such-${CHAT}`,
        provider: '',
        attempts: 0,
        cost: null,
        error: 'model_not_found',
      }),
    ],
    [
      'refused',
      () => ({
        status: 400,
        key: key.id,
        model: CHAT,
        provider: 'openai',
        attempts: 1,
        cost: null,
        error: 'invalid_input',
      }),
    ],
    ['query', () => ({ method: 'GET', path: '/v1/models', status: 200, key: key.id, attempts: 0 })],
    ['unknown route', () => ({ path: '/v1/nonsense', status: 404, error: 'not_found' })],
    ['wrong key', () => ({ path: '/v1/models', status: 401, key: '', error: 'authentication' })],
    ['other header', () => ({ path: '/v1/models', status: 200, key: key.id })],
    ['picture', () => ({ path: expect.stringMatching(/^\/api\/artifacts\/art_[0-9a-f]+\/content$/), status: 200 })],
    ['forged', () => ({ status: 403 })],
  ])('%s', (name, expected) => {
    expect(lineOf(name)).toMatchObject({ ms: expect.any(Number), ...expected() })
  })

  test('that of a client that went away', () => {
    const left = lines.filter(({ path }) => path === '/v1/embeddings')
    expect(left).toMatchObject([{ status: 499, key: key.id, provider: 'openai', attempts: 1, cost: null }])
  })

  test('those of the native API', () => {
    expect(lineOf('native')).toMatchObject({ method: 'POST', status: 200 })
    expect(lineOf('native query')).toMatchObject({ method: 'GET', status: 200 })
  })

  test('and no id stands in two of them', () => {
    const all = lines.map(({ requestId }) => requestId)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('the log keeps to itself', () => {
  test.each<[string, () => string]>([
    ['prompts', () => PROMPT],
    ['virtual keys', () => key.secret],
    ['admin keys', () => ADMIN_KEY],
    ['keys that are wrong', () => 'wrongwrong'],
    ['credentials', () => CREDENTIAL],
    ['signatures of links', () => signature],
    ['queries', () => QUERY],
    ['any query at all', () => '?'],
  ])('%s', (_, secret) => {
    expect(secret().length).toBeGreaterThan(0)
    expect(lines.length).toBeGreaterThan(10)
    for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) expect(line).not.toContain(secret())
  })
})
