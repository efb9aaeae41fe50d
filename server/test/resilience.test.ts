import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '@turnout/emulator'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
/** The same models where what does not come is given up soon. The others are waited for however busy the machine is. */
const HASTY = 'hasty'
const HASTY_IMAGE = 'hasty-image'
const CONFIGURATION = `
retry: { maxRetries: 3, backoffBase: 0.01, backoffFactor: 1, maxRetryAfter: 2 }
timeouts: { firstPartMs: 20000, stallMs: 20000, totalMs: 30000 }
pools:
  ${HASTY}: { members: [${CHAT}], timeouts: { firstPartMs: 700, stallMs: 700 } }
  ${HASTY_IMAGE}: { members: [${IMAGE}], timeouts: { totalMs: 1000 } }
`
const request = { model: CHAT, messages: [{ role: 'user' as const, content: 'Tell me about turnouts.' }], seed: 3 }
/** The model to ask when that fault is ordered. */
const modelFor = ({ kind }: Fault) => (kind === 'silence' || kind === 'stall' ? HASTY : CHAT)

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ configuration: CONFIGURATION })
})
afterAll(() => gateway.close())
beforeEach(() => gateway.emulator.reset())

const calls = () => gateway.emulator.requests().filter(({ method }) => method === 'POST').length
const order = (fault: Fault, times = 1) => {
  // Not the probes of the health monitor, which list models.
  for (const operation of ['chat', 'images.generate'] as const)
    gateway.emulator.faults.add({ match: { operation }, fault, times })
}
const buffered = (model = CHAT) => gateway.client.chat.completions.create({ ...request, model }).withResponse()

interface Streamed {
  text: string
  finish: string | null
  error: { status?: number; code?: string | null; message: string } | undefined
}

async function streamed(model = CHAT): Promise<Streamed> {
  const seen: Streamed = { text: '', finish: null, error: undefined }
  try {
    for await (const chunk of await gateway.client.chat.completions.create({ ...request, model, stream: true })) {
      seen.text += chunk.choices[0]?.delta.content ?? ''
      seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish
    }
  } catch (error) {
    seen.error = error as Streamed['error']
  }
  return seen
}

const attempts = async (requestId: string | null) => {
  const { body } = await gateway.api('GET', `/api/usage?requestId=${requestId}`)
  return (body.data as { attempt: number; outcome: string; errorCode: string | null; cost: string | null }[]).sort(
    (a, b) => a.attempt - b.attempt,
  )
}

describe('before the first content, trouble is made good unseen', () => {
  const HEALED: [string, Fault][] = [
    ['a reset', { kind: 'reset' }],
    ['a 500', { kind: 'status', status: 500 }],
    ['a 503', { kind: 'status', status: 503 }],
    ['a 429 that asks to wait', { kind: 'status', status: 429, headers: { 'retry-after-ms': '20' } }],
    ['silence', { kind: 'silence' }],
    ['a cut at the start', { kind: 'cut', afterChunks: 0 }],
    [
      'an error event at the start',
      { kind: 'error-event', afterChunks: 0, error: { message: 'busy', type: 'server_error', code: '503' } },
    ],
    [
      'an HTML page',
      {
        kind: 'status',
        status: 502,
        body: '<html><title>Bad gateway</title></html>',
        headers: { 'content-type': 'text/html' },
      },
    ],
    ['a first part that does not come', { kind: 'stall', afterChunks: 1 }],
  ]

  test.each(HEALED)('streamed: %s', async (_, fault) => {
    const expected = await streamed()
    order(fault)
    expect(await streamed(modelFor(fault))).toEqual({ ...expected, error: undefined, finish: 'stop' })
    expect(calls()).toBe(3)
  })

  test.each(HEALED.filter(([, { kind }]) => kind !== 'silence'))('buffered: %s', async (_, fault) => {
    const expected = (await buffered()).data.choices
    order(fault)
    const { data, response } = await buffered(modelFor(fault))
    expect(data.choices).toEqual(expected)
    expect(response.headers.get('x-turnout-attempts')).toBe('2')
    const made = await attempts(response.headers.get('x-turnout-request-id'))
    expect(made.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded'])
  })

  test('a body that is broken JSON, though it came with 200', async () => {
    order({ kind: 'malformed', atChunk: 0 })
    expect((await buffered()).response.headers.get('x-turnout-attempts')).toBe('2')
  })
})

describe('what no repetition would mend is told at once', () => {
  test.each<[string, number, { code?: string; type?: string; message: string }, number, string]>([
    ['an invalid request', 400, { code: 'unknown_parameter', message: 'no' }, 400, 'invalid_input'],
    ['a full context', 400, { code: 'context_length_exceeded', message: 'too long' }, 400, 'invalid_input'],
    ['moderation', 400, { code: 'moderation_blocked', message: 'no' }, 400, 'content_policy'],
    ['a 400 that is billing', 400, { code: 'billing_hard_limit_reached', message: 'no' }, 402, 'billing'],
    ['a 429 that is billing', 429, { code: 'insufficient_quota', message: 'no' }, 402, 'billing'],
    ['a wrong credential', 401, { code: 'invalid_api_key', message: 'no' }, 401, 'authentication'],
    ['no permission', 403, { message: 'no' }, 403, 'permission'],
  ])('%s', async (_, status, error, expectedStatus, code) => {
    order({ kind: 'status', status, body: { error } }, 9)
    const failure = await buffered().catch((e: unknown) => e)
    expect(failure).toMatchObject({ status: expectedStatus, code })
    expect(calls()).toBe(1)
    expect((failure as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false')
  })

  test('after the last retry, the error of the last attempt, with what the provider said and no secret', async () => {
    const message = 'overloaded, your key sk-upstream-credential is innocent'
    order({ kind: 'status', status: 503, body: { error: { message } } }, 9)
    const failure = (await buffered().catch((e: unknown) => e)) as InstanceType<typeof OpenAI.APIError>
    expect(failure).toMatchObject({ status: 503, code: 'overloaded' })
    expect(failure.message).toContain('openai: overloaded')
    expect(failure.message).not.toContain('sk-upstream')
    expect(failure.headers?.get('x-turnout-attempts')).toBe('4')
    expect(calls()).toBe(4)
  })

  test('a Retry-After past its cap is told to the client instead of waited for', async () => {
    order({ kind: 'status', status: 429, headers: { 'retry-after': '30' } }, 9)
    const failure = (await buffered().catch((e: unknown) => e)) as InstanceType<typeof OpenAI.APIError>
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError)
    expect(failure.headers?.get('retry-after')).toBe('30')
    expect(calls()).toBe(1)
  })

  test('a provider that is not there', async () => {
    const lonely = await startGateway({
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
      configuration: CONFIGURATION,
    })
    const failure = await lonely.client.chat.completions.create(request).catch((e: unknown) => e)
    expect(failure).toMatchObject({ status: 502, code: 'connection', message: expect.stringContaining('ECONNREFUSED') })
    await lonely.close()
  })
})

describe('after the first content, a cut never looks like an end', () => {
  test.each<[string, Fault]>([
    ['a cut', { kind: 'cut', afterChunks: 4 }],
    ['a stall', { kind: 'stall', afterChunks: 4 }],
    ['an error event', { kind: 'error-event', afterChunks: 4 }],
    ['an end without a finish reason', { kind: 'no-finish' }],
  ])('%s', async (_, fault) => {
    const whole = await streamed()
    // The one that begins anew fails as well.
    order(fault, 2)
    const seen = await streamed(modelFor(fault))
    expect(seen.text.length).toBeGreaterThan(0)
    expect(whole.text.startsWith(seen.text)).toBe(true)
    expect(seen.finish).toBeNull()
    expect(seen.error).toMatchObject({ code: 'stream_interrupted' })
    expect(calls()).toBe(3)
  })

  test('and on the wire there is neither [DONE] nor half an event', async () => {
    order({ kind: 'cut', afterChunks: 4 }, 2)
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...request, stream: true }),
    })
    const text = await response.text()
    expect(text).not.toContain('[DONE]')
    const events = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
    for (const event of events) expect(() => JSON.parse(/^data: (.*)$/m.exec(event)![1]!)).not.toThrow()
    expect(events.at(-1)).toContain('stream_interrupted')
    const [made] = await attempts(response.headers.get('x-turnout-request-id'))
    expect(made).toMatchObject({ outcome: 'failed', errorCode: 'stream_interrupted', cost: null })
  })
})

describe('what is odd but whole is read as whole', () => {
  test.each<[string, Fault]>([
    ['no end marker', { kind: 'no-end-marker' }],
    ['CRLF and comments', { kind: 'crlf' }],
    ['one byte at a time', { kind: 'split', bytes: 1 }],
    ['a damaged chunk, which is asked for again', { kind: 'malformed', atChunk: 0 }],
  ])('%s', async (_, fault) => {
    const whole = await streamed()
    order(fault)
    expect(await streamed()).toEqual({ ...whole, error: undefined })
  })

  test('no usage: the answer stands, its cost is not known', async () => {
    order({ kind: 'no-usage' })
    const { response } = await buffered()
    expect(response.headers.get('x-turnout-cost')).toBeNull()
    expect((await attempts(response.headers.get('x-turnout-request-id')))[0]).toMatchObject({
      outcome: 'succeeded',
      cost: null,
    })
  })
})

describe('pictures are never paid twice', () => {
  const draw = (model = IMAGE) =>
    gateway.client.images.generate({ model, prompt: 'a tram', size: '1024x1024' }).withResponse()

  test.each<[string, Fault]>([
    ['the connection is lost after the request', { kind: 'reset', billed: true }],
    ['no answer comes in time', { kind: 'silence', billed: true }],
    ['the answer is cut', { kind: 'cut', afterChunks: 1 }],
  ])('%s: the outcome is unknown, and the request is not repeated', async (_, fault) => {
    order(fault, 9)
    const model = fault.kind === 'silence' ? HASTY_IMAGE : IMAGE
    const failure = (await draw(model).catch((e: unknown) => e)) as InstanceType<typeof OpenAI.APIError>
    expect(failure).toMatchObject({ status: 502, code: 'unknown_outcome' })
    expect(failure.headers?.get('x-should-retry')).toBe('false')
    expect(calls()).toBe(1)
    const [made] = await attempts(failure.headers?.get('x-turnout-request-id') ?? null)
    expect(made).toMatchObject({ outcome: 'unknown', cost: null })
  })

  test('not even by the retries of an SDK', async () => {
    order({ kind: 'reset', billed: true }, 9)
    const eager = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ADMIN_KEY, maxRetries: 3 })
    await expect(eager.images.generate({ model: IMAGE, prompt: 'a tram' })).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    expect(gateway.emulator.bill().calls).toBe(1)
  })

  test('a refusal is repeated, because nothing was made', async () => {
    order({ kind: 'status', status: 503 }, 2)
    expect((await draw()).response.headers.get('x-turnout-attempts')).toBe('3')
    expect(gateway.emulator.bill().images).toBe(1)
  })
})

describe('a client that goes away', () => {
  test.each([
    ['before the answer', false],
    ['in the middle of a stream', true],
  ])('%s takes the upstream request with it, and nothing is tried again', async (_, midStream) => {
    order(midStream ? { kind: 'stall', afterChunks: 3 } : { kind: 'silence' })
    const leaving = new AbortController()
    const response = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...request, stream: midStream }),
      signal: leaving.signal,
    })
    if (midStream) await (await response).body!.getReader().read()
    else await vi.waitFor(() => expect(calls()).toBe(1))
    leaving.abort()
    await response.catch(() => {})
    await vi.waitFor(() => expect(gateway.emulator.aborted()).toHaveLength(1))
    await vi.waitFor(async () => {
      const { body } = await gateway.api('GET', '/api/usage?limit=1')
      expect(body.data[0]).toMatchObject({ outcome: 'canceled', cost: null })
    })
    await wait(50)
    expect(calls()).toBe(1)
  })

  test('a reader that does not read holds the upstream back instead of filling the memory', async () => {
    const { body } = await fetch(`${gateway.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: IMAGE, prompt: 'a tram', size: '1536x1024', stream: true, partial_images: 3 }),
    })
    let bytes = 0
    for await (const chunk of body!) {
      bytes += chunk.length
      await wait(1)
    }
    expect(bytes).toBeGreaterThan(100_000)
  })
})
