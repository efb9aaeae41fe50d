import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** What somebody else may say where one says nothing at all, without any rules. */

const UPSTREAM = { first: 'gpt-5.4-mini', second: 'gpt-5.4-nano' } as const
const members = Object.keys(UPSTREAM)

let gateway: TestGateway
beforeAll(async () => {
  const prices = {
    rates: [
      { unit: 'inputToken', usd: '1', per: 1_000_000 },
      { unit: 'outputToken', usd: '2', per: 1_000_000 },
    ],
    source: 'the test',
    asOf: '2026-01-01',
  }
  gateway = await startGateway({
    configuration: JSON.stringify({
      retry: { maxRetries: 0 },
      timeouts: { firstPartMs: 10_000, stallMs: 10_000, totalMs: 20_000 },
      discovery: false,
      models: Object.entries(UPSTREAM).map(([id, upstreamId]) => {
        return { id, provider: 'openai', upstreamId, output: ['text'], prices }
      }),
      pools: {
        pair: { members },
        whole: { members, stream: { commit: 'complete' } },
        off: { members, fallback: { on: { empty_output: false } } },
        one: { members: ['first'] },
      },
    }),
  })
})
afterAll(() => gateway.close())
beforeEach(async () => {
  gateway.emulator.reset()
  for (const id of members) await gateway.api('POST', `/api/deployments/${id}/reset`)
})

const says = (name: keyof typeof UPSTREAM, text: string, times = 1) =>
  gateway.emulator.answers.add({ match: { model: UPSTREAM[name] }, text, times })

interface Had {
  status: number
  id: string
  text: string
  finish: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  error: any
}

async function ask(api: 'v1' | 'native', stream: boolean, model: string): Promise<Had> {
  const prompt = 'Tell me about turnouts.'
  const [path, body] =
    api === 'v1'
      ? ['/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: prompt }] }]
      : ['/api/generate-text', { modelId: model, stream, prompt }]
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const raw = await response.text()
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  const pieces = isStream
    ? [...raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
    : [JSON.parse(raw)]
  const had: Had = { status: response.status, id: '', text: '', finish: null, error: undefined }
  for (const { choices, error, ...rest } of pieces) {
    const { content, finishReason, requestId } = { ...rest, ...rest.data }
    had.text += choices?.[0]?.delta?.content ?? choices?.[0]?.message?.content ?? content ?? ''
    had.finish = choices?.[0]?.finish_reason ?? finishReason ?? had.finish
    had.error ??= error
    had.id = requestId ?? had.id
  }
  had.id = response.headers.get('x-turnout-request-id') ?? had.id
  return had
}

const asked = () =>
  gateway.emulator.requests().flatMap(({ method, body }) => {
    if (method !== 'POST') return []
    const { model } = body as { model: string }
    return Object.entries(UPSTREAM).flatMap(([name, upstream]) => (upstream === model ? [name] : []))
  })

const WAYS = [
  ['v1', true],
  ['v1', false],
  ['native', true],
  ['native', false],
] as const

describe.each(WAYS)('an empty answer by %s (streamed: %s)', (api, stream) => {
  test('of one member leads to the next, and both are paid for', async () => {
    says('first', '')
    says('second', 'Points, in other words.')
    const had = await ask(api, stream, 'pool:pair')
    expect(had).toMatchObject({ status: 200, text: 'Points, in other words.', finish: 'stop' })
    expect(asked()).toEqual(['first', 'second'])
    const { body } = await gateway.api('GET', `/api/usage?requestId=${had.id}`)
    const lines = body.data as { model: string; outcome: string; errorCode: string | null; cost: string }[]
    expect(lines.toSorted((a, b) => a.model.localeCompare(b.model))).toMatchObject([
      { model: 'first', outcome: 'failed', errorCode: 'validator_hard_fail' },
      { model: 'second', outcome: 'succeeded' },
    ])
    const { inputTokens, outputTokens } = gateway.emulator.bill()
    const sum = lines.reduce((all, { cost }) => all + Math.round(Number(cost) * 1e9), 0)
    expect(sum).toBe(inputTokens * 1_000 + outputTokens * 2_000)
  })

  test('of all members is an error', async () => {
    says('first', '')
    says('second', '')
    const had = await ask(api, stream, 'pool:pair')
    expect(had).toMatchObject({ text: '', finish: null, error: { code: 'validator_hard_fail' } })
    expect(asked()).toEqual(['first', 'second'])
  })

  test('is given as it is by a single model, by a pool of one, and where the trigger is off', async () => {
    says('first', '', 3)
    for (const model of ['first', 'pool:one', 'pool:off']) {
      expect(await ask(api, stream, model)).toMatchObject({ status: 200, text: '', finish: 'stop', error: undefined })
    }
    expect(asked()).toEqual(['first', 'first', 'first'])
  })
})

test('so does one of a stream that is held until it is whole', async () => {
  says('first', '')
  says('second', 'Points.')
  expect(await ask('v1', true, 'pool:whole')).toMatchObject({ status: 200, text: 'Points.', finish: 'stop' })
})

test.each([
  [
    'a call of a tool',
    { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
    'stop',
  ],
  ['a refusal', { refusal: 'No.' }, 'stop'],
  ['sound', { audio: { id: 'a', data: 'AAAA' } }, 'stop'],
  ['what was cut at its limit', {}, 'length'],
])('%s is an answer', async (_, message, finish_reason) => {
  const choices = [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }]
  const body = { object: 'chat.completion', choices, usage: { prompt_tokens: 3, completion_tokens: 2 } }
  gateway.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 200, body } })
  expect(await ask('v1', false, 'pool:pair')).toMatchObject({ status: 200, finish: finish_reason })
  expect(asked()).toEqual(['first'])
})
