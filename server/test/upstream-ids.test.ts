import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'
import { EVENT_STREAM, PIXEL, type Reply, STREAM_BEGIN, startUpstream, type Upstream } from './upstream.ts'

let upstream: Upstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startUpstream()
  const { origin } = upstream
  gateway = await startGateway({
    configuration: JSON.stringify({
      providers: { house: { baseUrl: origin }, gone: { baseUrl: 'http://127.0.0.1:9' } },
      models: [
        { id: 'writer', provider: 'house', output: ['text'] },
        { id: 'painter', provider: 'house', output: ['image'] },
        { id: 'lost', provider: 'gone', output: ['text'] },
      ],
      discovery: false,
      retry: { maxRetries: 1, backoffBase: 0.01, backoffFactor: 1 },
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
beforeEach(() => {
  upstream.arrived.length = 0
})

const messages = [{ role: 'user' as const, content: 'x' }]
const answered = (id: string, reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, 'x-request-id': id } })
const refused = (id: string, status: number) => answered(id, { status, body: { error: { message: 'no' } } })

/** The ids that the attempts of a request were recorded with, in the order of the attempts. */
async function recorded(requestId: string | null): Promise<(string | null)[]> {
  const { body } = await gateway.api('GET', `/api/usage?requestId=${requestId}`)
  return (body.data as { attempt: number; upstreamRequestId: string | null }[])
    .sort((a, b) => a.attempt - b.attempt)
    .map(({ upstreamRequestId }) => upstreamRequestId)
}

interface ToldError {
  upstream_request_id?: string
  request_id: string
}

async function failureOf(asked: Promise<unknown>): Promise<ToldError> {
  const failure = (await asked.then(
    () => undefined,
    (error: unknown) => error,
  )) as InstanceType<typeof OpenAI.APIError>
  return failure.error as ToldError
}

const chat = (model = 'writer') => gateway.client.chat.completions.create({ model, messages })
const stream = async () =>
  Array.fromAsync(await gateway.client.chat.completions.create({ model: 'writer', messages, stream: true }))
const draw = () => gateway.client.images.generate({ model: 'painter', prompt: 'a tram' })

/** Streams that break off after their first content, as often as they are asked for. */
const CUT = answered('up-cut', { headers: EVENT_STREAM, body: STREAM_BEGIN })
const BUSY = answered('up-event', {
  headers: EVENT_STREAM,
  body: `${STREAM_BEGIN}data: {"error":{"message":"busy","code":"503"}}\n\n`,
})

describe('the id that the provider gave a request', () => {
  test('is recorded with a good answer', async () => {
    upstream.reply(answered('up-good', { body: { choices: [{ message: { content: 'x' } }] } }))
    const { response } = await chat().withResponse()
    expect(await recorded(response.headers.get('x-turnout-request-id'))).toEqual(['up-good'])
  })

  test.each<[string, Reply[], () => Promise<unknown>, string[]]>([
    ['a refusal', [refused('up-400', 400)], chat, ['up-400']],
    ['the last of several failures', [refused('up-503', 503), refused('up-500', 500)], chat, ['up-503', 'up-500']],
    ['an error with status 200', [refused('up-200', 200), refused('up-200b', 200)], chat, ['up-200', 'up-200b']],
    [
      'an answer that is none',
      [answered('up-odd', { body: '[]' }), answered('up-odder', { body: 'x' })],
      chat,
      ['up-odd', 'up-odder'],
    ],
    ['a stream that is cut', [CUT, CUT], stream, ['up-cut', 'up-cut']],
    ['an error in a stream', [BUSY, BUSY], stream, ['up-event', 'up-event']],
    ['a refused picture', [refused('up-picture', 400)], draw, ['up-picture']],
  ])('is told with %s, and recorded with each attempt', async (_, replies, ask, ids) => {
    upstream.reply(...replies)
    const told = await failureOf(ask())
    expect(told.upstream_request_id).toBe(ids.at(-1))
    expect(await recorded(told.request_id)).toEqual(ids)
  })

  test('is told and recorded by the native API', async () => {
    upstream.reply(refused('up-native', 400))
    const { body } = await gateway.api('POST', '/api/generate-text', { modelId: 'writer', prompt: 'x' })
    expect(body.error.details).toMatchObject({ upstreamRequestId: 'up-native' })
    expect(await recorded(body.error.requestId)).toEqual(['up-native'])
    upstream.reply(answered('up-drawn', { body: { data: [{ b64_json: PIXEL }] } }))
    const drawn = await gateway.api('POST', '/api/generate-image', { modelId: 'painter', prompt: 'x' })
    expect(await recorded(drawn.body.data.requestId)).toEqual(['up-drawn'])
  })

  test('is absent where no provider has answered', async () => {
    const told = await failureOf(chat('lost'))
    expect(told).not.toHaveProperty('upstream_request_id')
    expect(await recorded(told.request_id)).toEqual([null, null])
  })
})
