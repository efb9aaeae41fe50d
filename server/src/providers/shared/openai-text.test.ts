import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { TextPart } from '../../core/text.ts'
import { openAIText } from './openai-text.ts'

afterEach(() => {
  vi.useRealTimers()
})

const chunk = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const said = (content: string, finish: string | null = null, index = 0) =>
  chunk({ choices: [{ index, delta: { content }, finish_reason: finish }] })
const USAGE = chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })
const DONE = 'data: [DONE]\n\n'

interface Scripted {
  connection: Connection
  /** The body of the request. */
  sent(): Record<string, unknown>
  /** How many pieces of the answer have been read. */
  read(): number
  /** The exchange was cut by its reader. */
  cut(): boolean
}

/** A provider whose answer comes in these pieces; an error is the end of the connection, silence lasts until it is cut. */
function scripted(pieces: (string | Error | 'silence')[], contentType = 'text/event-stream'): Scripted {
  let request: Record<string, unknown> = {}
  let read = 0
  let cut = false
  const answer = async function* (signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece
      if (piece === 'silence') {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw signal.reason
      }
      read += 1
      yield Buffer.from(piece)
    }
  }
  const connection: Connection = {
    provider: 'house',
    baseUrl: 'http://house.example/v1',
    headers: {},
    flags: {},
    settings: {},
    signal: new AbortController().signal,
    transport: async (_, { body, signal }) => {
      request = JSON.parse(String(body))
      signal!.addEventListener('abort', () => {
        cut = true
      })
      const text = async () => (await Array.fromAsync(answer(signal!))).join('')
      return {
        status: 200,
        headers: { 'content-type': contentType },
        body: answer(signal!),
        text,
        json: async () => JSON.parse(await text()),
      }
    },
  }
  return { connection, sent: () => request, read: () => read, cut: () => cut }
}

const CALL = { model: 'writer', messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }] }
const stream = ({ connection }: Scripted, defaults: Record<string, unknown> = {}): Promise<TextPart[]> =>
  Array.fromAsync(openAIText.stream({ ...CALL, defaults }, connection))
const finished = (usage: object = {}) => ({ type: 'finish', reason: 'stop', raw: 'stop', usage })
const COUNTED = { inputTokens: 3, outputTokens: 2 }

describe('a complete answer is complete whatever comes after it', () => {
  test.each<[string, (string | Error)[], object]>([
    ['the end marker', [said('Hi.', 'stop'), USAGE, DONE], COUNTED],
    ['nothing', [said('Hi.', 'stop')], {}],
    ['half an event', [said('Hi.', 'stop'), 'data: {"choi'], {}],
    ['a lost connection', [said('Hi.', 'stop'), new Error('reset')], {}],
    ['a lost connection after its usage', [said('Hi.', 'stop') + USAGE, new Error('reset')], COUNTED],
  ])('%s', async (_, pieces, usage) => {
    expect(await stream(scripted(pieces))).toMatchObject([{ type: 'text-delta', text: 'Hi.' }, finished(usage)])
  })

  test('silence, which is listened to for five seconds', async () => {
    vi.useFakeTimers()
    const provider = scripted([said('Hi.', 'stop'), 'silence'])
    let parts: TextPart[] | undefined
    void stream(provider).then((all) => {
      parts = all
    })
    await vi.advanceTimersByTimeAsync(4_900)
    expect(parts).toBeUndefined()
    await vi.advanceTimersByTimeAsync(200)
    expect(parts).toMatchObject([{ text: 'Hi.' }, finished()])
    expect(provider.cut()).toBe(true)
  })

  test('silence after its usage, which is not waited for', async () => {
    vi.useFakeTimers()
    const provider = scripted([said('Hi.', 'stop'), USAGE, 'silence'])
    expect(await stream(provider)).toMatchObject([{ text: 'Hi.' }, finished(COUNTED)])
    await vi.advanceTimersByTimeAsync(5_100)
    expect(provider.cut()).toBe(true)
  })

  test('the rest, which is read so that the connection can be used again', async () => {
    const provider = scripted([said('Hi.', 'stop'), USAGE, DONE])
    await stream(provider)
    await vi.waitFor(() => expect(provider.read()).toBe(3))
    expect(provider.cut()).toBe(false)
  })
})

describe('an answer that is not complete', () => {
  test.each<[string, (string | Error)[], string]>([
    ['nothing at all', [], 'without an answer'],
    ['comments', [': wait\n\n', ': wait\n\n'], 'without an answer'],
    ['an end marker', [DONE], 'without an answer'],
    ['a role', [chunk({ choices: [{ delta: { role: 'assistant' } }] }), DONE], 'without an answer'],
    ['a beginning', [said('Hi')], 'before the answer was complete'],
    ['HTML', ['<html>', '</html>'], 'without an answer'],
  ])('%s', async (_, pieces, message) => {
    const failure = await stream(scripted(pieces)).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'invalid_output',
      retryable: true,
      message: expect.stringContaining(message),
    })
  })

  test('a lost connection is told as such', async () => {
    await expect(stream(scripted([said('Hi'), new Error('reset')]))).rejects.toThrow('reset')
  })

  test('a reader that leaves cuts the connection', async () => {
    const provider = scripted([said('Hi'), 'silence'])
    for await (const part of openAIText.stream(CALL, provider.connection)) {
      expect(part).toMatchObject({ text: 'Hi' })
      break
    }
    expect(provider.cut()).toBe(true)
  })
})

describe('an answer is what it is, whatever its content type says', () => {
  const completion = '{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}]}'
  test.each([
    ['a completion', 'application/json', ['\n', completion.slice(0, 9), completion.slice(9)]],
    ['a completion', 'text/event-stream', [completion]],
    ['a stream', 'application/json', [said('Hi.', 'stop'), DONE]],
    ['a stream', '', [said('Hi.', 'stop'), DONE]],
  ])('%s as %j', async (_, contentType, pieces) => {
    expect(await stream(scripted(pieces, contentType))).toMatchObject([{ text: 'Hi.' }, finished()])
  })

  test('an error', async () => {
    const error = '{"error":{"message":"no credit","code":"insufficient_quota"}}'
    await expect(stream(scripted([error]))).rejects.toMatchObject({ code: 'billing', retryable: false })
  })
})

describe('defaults of a model', () => {
  test('do not decide whether to stream', async () => {
    const streamed = scripted([said('Hi.', 'stop'), DONE])
    await stream(streamed, { stream: false, stream_options: {}, top_p: 0.5 })
    expect(streamed.sent()).toMatchObject({ stream: true, stream_options: { include_usage: true }, top_p: 0.5 })
    const whole = scripted(['{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}]}'])
    await openAIText.generate({ ...CALL, defaults: { stream: true, stream_options: {} } }, whole.connection)
    expect(Object.keys(whole.sent()).sort()).toEqual(['messages', 'model'])
  })

  test('that ask for two choices do not mix them', async () => {
    const pieces = [said('a') + said('b', null, 1), said('', 'stop') + said('', 'stop', 1), DONE]
    const parts = await stream(scripted(pieces), { n: 2 })
    expect(parts).toMatchObject([{ text: 'a' }, finished()])
  })
})
