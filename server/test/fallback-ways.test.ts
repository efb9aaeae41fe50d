import type { Fault } from '@turnout/emulator'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'
import { type House, line, startHouse, writes } from './house.ts'

/** Pools whose members are reached in different ways: as bytes, by an adapter, as pictures. */

vi.mock('../src/providers/index.ts', async (original) => {
  const { ADAPTERS } = await original<typeof import('../src/providers/index.ts')>()
  const { house } = await import('./house.ts')
  return { ADAPTERS: new Map([...ADAPTERS, [house.id, house]]) }
})

const configuration = (baseUrl: string) =>
  JSON.stringify({
    providers: { house: { adapter: 'house', baseUrl } },
    models: [
      { id: 'spoken', provider: 'house', output: ['text'] },
      { id: 'relayed', provider: 'openai', upstreamId: 'gpt-5.4-mini', output: ['text'] },
      { id: 'counter', provider: 'house', output: ['embedding'] },
    ],
    pools: {
      'spoken-first': { members: ['spoken', 'relayed'] },
      'relayed-first': { members: ['relayed', 'spoken'] },
      counting: { members: ['counter', 'text-embedding-3-small'] },
      drawing: { members: ['gpt-image-2', 'gpt-image-1.5'] },
      mixed: { members: ['relayed', 'gpt-image-2'] },
    },
    discovery: false,
    retry: { maxRetries: 2, backoffBase: 0.01, backoffFactor: 1 },
    timeouts: { firstPartMs: 400, stallMs: 400, totalMs: 3_000 },
  })

let house: House
let gateway: TestGateway
beforeAll(async () => {
  house = await startHouse()
  gateway = await startGateway({ configuration: configuration(house.url) })
})
afterAll(async () => {
  await gateway.close()
  await house.close()
})
beforeEach(async () => {
  house.answer(writes('Hel', 'lo.'))
  gateway.emulator.reset()
  for (const id of ['spoken', 'relayed', 'counter', 'gpt-image-2', 'gpt-image-1.5']) {
    await gateway.api('POST', `/api/deployments/${id}/reset`)
  }
})

async function post(path: string, body: object) {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const chat = (model: string, stream: boolean) =>
  post('/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: 'Greet.' }] })
const order = (model: string, fault: Fault, times = 1_000) =>
  gateway.emulator.faults.add({ match: { model }, fault, times })
const paid = () => gateway.emulator.requests().filter(({ method }) => method === 'POST').length

describe.each([['streamed', true] as const, ['buffered', false] as const])('text, %s', (_, stream) => {
  test('from an adapter to the relay', async () => {
    house.answer((response) => response.writeHead(503).end())
    const { status, headers, text } = await chat('pool:spoken-first', stream)
    expect(status).toBe(200)
    expect(headers.get('x-turnout-model')).toBe('relayed')
    expect(headers.get('x-turnout-provider')).toBe('openai')
    expect(text.split('[DONE]')).toHaveLength(stream ? 2 : 1)
    expect(house.calls).toHaveLength(2)
  })

  test('from the relay to an adapter', async () => {
    order('gpt-5.4-mini', { kind: 'status', status: 401 })
    const { status, headers, text } = await chat('pool:relayed-first', stream)
    expect(status).toBe(200)
    expect(headers.get('x-turnout-model')).toBe('spoken')
    expect(headers.get('x-turnout-fallbacks')).toBe('1')
    expect(headers.get('x-turnout-attempts')).toBe('2')
    expect(text).toContain('lo.')
  })

  test('from an adapter whose provider keeps silent', async () => {
    // Only a stream has a first part to wait for; whole answers have their own time.
    house.answer(stream ? () => {} : (response) => response.destroy())
    const { headers } = await chat('pool:spoken-first', stream)
    expect(headers.get('x-turnout-model')).toBe('relayed')
  })
})

test('an adapter that fails after its first words has been heard: nobody goes on with other words', async () => {
  house.answer((response) => {
    response.write(line({ type: 'text-delta', text: 'Hel' }))
    response.end('{"type":')
  })
  const { text } = await chat('pool:spoken-first', true)
  expect(text).toContain('stream_interrupted')
  expect(text).not.toContain('[DONE]')
  expect(text.match(/"content":"[^"]/g)).toHaveLength(1)
  expect(paid()).toBe(1)
})

test('a client that goes away takes the running one with it, and no further one is asked', async () => {
  house.answer(() => {})
  const leaving = new AbortController()
  const response = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'pool:spoken-first', messages: [{ role: 'user', content: 'Greet.' }] }),
    signal: leaving.signal,
  })
  await vi.waitFor(() => expect(house.open()).toBe(1))
  leaving.abort()
  await response.catch(() => {})
  await vi.waitFor(() => expect(house.open()).toBe(0))
  await vi.waitFor(async () => {
    const { body } = await gateway.api('GET', '/api/deployments')
    expect(body.data.find(({ id }: { id: string }) => id === 'spoken')).toMatchObject({ running: 0, state: 'ready' })
  })
  expect(paid()).toBe(0)
})

test.each([
  ['an adapter', 'spoken', 'relayed'],
  ['the relay', 'relayed', 'spoken'],
])('a provider that says beforehand that it will refuse is not asked, through %s', async (_, id, other) => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '30s' }
  house.answer((response) => {
    response.writeHead(503, headers).end()
  })
  order('gpt-5.4-mini', { kind: 'status', status: 500, headers })
  await post('/v1/chat/completions', { model: id, messages: [{ role: 'user', content: 'Greet.' }] })
  house.answer(writes('Hel', 'lo.'))
  gateway.emulator.reset()
  expect((await chat(`pool:${id}-first`, false)).headers.get('x-turnout-model')).toBe(other)
})

test('embeddings go on to the next one', async () => {
  house.answer((response) => response.writeHead(500).end())
  const { status, headers, text } = await post('/v1/embeddings', { model: 'pool:counting', input: 'One word.' })
  expect(status).toBe(200)
  expect(headers.get('x-turnout-model')).toBe('text-embedding-3-small')
  expect(JSON.parse(text).data).toHaveLength(1)
})

describe('pictures, which are paid for when they are accepted', () => {
  const draw = (model = 'pool:drawing') => post('/v1/images/generations', { model, prompt: 'a tram' })
  const native = (body: object) => post('/api/generate-image', { prompt: 'a tram', ...body })

  test.each<[string, Fault]>([
    ['a 503', { kind: 'status', status: 503 }],
    ['a 401', { kind: 'status', status: 401 }],
    ['a 429', { kind: 'status', status: 429 }],
  ])('%s is a refusal: the next one draws', async (_, fault) => {
    order('gpt-image-2', fault)
    const { status, headers } = await draw()
    expect(status).toBe(200)
    expect(headers.get('x-turnout-model')).toBe('gpt-image-1.5')
    expect(gateway.emulator.bill().images).toBe(1)
  })

  test.each<[string, Fault]>([
    ['a reset', { kind: 'reset', billed: true }],
    ['a cut answer', { kind: 'cut', afterChunks: 1 }],
    ['a 502 of a proxy', { kind: 'status', status: 502 }],
  ])('%s leaves it open whether it was drawn: nobody draws it again', async (_, fault) => {
    order('gpt-image-2', fault)
    const { text } = await draw()
    const { error } = JSON.parse(text)
    expect(error.code).toBe('unknown_outcome')
    expect(error.attempts).toHaveLength(1)
    expect(paid()).toBe(1)
  })

  test('the native API goes on the same way', async () => {
    order('gpt-image-2', { kind: 'status', status: 401 })
    const { status, text } = await native({ modelId: 'pool:drawing' })
    expect(status).toBe(200)
    expect(JSON.parse(text).data).toMatchObject({
      model: 'gpt-image-1.5',
      requestedModel: 'pool:drawing',
      fallbacks: 1,
    })
    gateway.emulator.reset()
    await gateway.api('POST', '/api/deployments/gpt-image-2/reset')
    order('gpt-image-2', { kind: 'reset', billed: true })
    expect(JSON.parse((await native({ modelId: 'pool:drawing' })).text).error).toMatchObject({
      code: 'unknown_outcome',
      details: { attempts: [{ deployment: 'gpt-image-2', code: 'unknown_outcome' }] },
    })
    expect(paid()).toBe(1)
  })

  test('those that make no pictures are passed over', async () => {
    const { headers } = await draw('pool:mixed')
    expect(headers.get('x-turnout-model')).toBe('gpt-image-2')
    expect(headers.get('x-turnout-attempts')).toBe('1')
  })
})
