import type OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { TextPart } from '../src/core/text.ts'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'
import { type Answer, END, type House, line, says, startHouse, writes } from './house.ts'
import { EVENT_STREAM } from './upstream.ts'

vi.mock('../src/providers/index.ts', async (original) => {
  const { ADAPTERS } = await original<typeof import('../src/providers/index.ts')>()
  const { house } = await import('./house.ts')
  return { ADAPTERS: new Map([...ADAPTERS, [house.id, house]]) }
})

const City = z.object({ name: z.string(), people: z.number().int() })
const FORMAT = zodResponseFormat(City, 'city')
const BASEL = '{"name":"Basel","people":180000}'
const UNFIT = '{"name":"Basel","people":"many"}'

const rates = ['inputToken', 'outputToken'].map((unit) => ({ unit, usd: '0.01' }))
const prices = { rates, source: 'test', asOf: '2026-11-01' }
const unable = { capabilities: { structuredOutput: false, jsonMode: false } }
/** One server for both: what it answers is of the dialect that it is asked in. */
const configuration = (baseUrl: string) =>
  JSON.stringify({
    providers: { passed: { baseUrl }, house: { adapter: 'house', baseUrl } },
    models: [
      { id: 'passed', provider: 'passed', output: ['text'], prices },
      { id: 'told', provider: 'passed', output: ['text'], ...unable },
      { id: 'interpreted', provider: 'house', output: ['text'], prices },
      { id: 'instructed', provider: 'house', output: ['text'], ...unable },
    ],
    discovery: false,
    retry: { maxRetries: 1, backoffBase: 0.01, backoffFactor: 1 },
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
const USAGE = { prompt_tokens: 3, completion_tokens: 2 }
const choiceOf = (content: string | null, finish_reason = 'stop', more = {}) => ({
  index: 0,
  message: { role: 'assistant', content, ...more },
  finish_reason,
})
const completes =
  (choice: object): Answer =>
  (response) =>
    response.end(JSON.stringify({ choices: [choice], usage: USAGE }))
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`
/** The first text at once, the rest when it is time. */
const inTime =
  (first: string, rest: string, time: Promise<unknown>): Answer =>
  async (response) => {
    response.writeHead(200, EVENT_STREAM).write(first)
    await time
    response.end(rest)
  }
const textPart = (text: string): string => line({ type: 'text-delta', text })

const asked = (model: string, more: object = {}) => ({
  model,
  messages: [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: 'Basel?' },
  ],
  response_format: FORMAT,
  ...more,
})
const whole = (model: string, more?: object) =>
  gateway.client.chat.completions.create(asked(model, more)).withResponse()
const contentOf = async (model: string, more?: object) => (await whole(model, more)).data.choices[0]!.message.content
const stream = (model: string, more?: object) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked(model, more), stream: true }),
  })
const streamed = async (model: string, more?: object) => (await stream(model, more)).text()
const textIn = (events: string) =>
  events
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => (JSON.parse(event.slice('data: '.length)) as OpenAI.ChatCompletionChunk).choices[0]?.delta.content)
    .join('')

const unfit = { status: 502, code: 'invalid_output', message: expect.stringContaining('/people must be integer') }
const lastAttempt = async () => (await gateway.api('GET', '/api/usage?limit=1')).body.data[0]

/** The same rules on both ways; only what the upstream says differs in its words. */
const WAYS = [
  {
    model: 'passed',
    says: (text: string) => completes(choiceOf(text)),
    streams: (first: string, second: string, time: Promise<unknown>) =>
      inTime(chunk({ content: first }), `${chunk({ content: second })}${chunk({}, 'stop')}data: [DONE]\n\n`, time),
  },
  {
    model: 'interpreted',
    says: (text: string) => writes(text),
    streams: (first: string, second: string, time: Promise<unknown>) =>
      inTime(textPart(first), textPart(second) + line(END), time),
  },
]

describe.each(WAYS)('an answer by a schema, $model', ({ model, says, streams }) => {
  test('that fits is passed on, and the SDK parses it', async () => {
    house.answer(says(BASEL))
    const { choices } = await gateway.client.chat.completions.parse(asked(model))
    expect(choices[0]!.message.parsed).toEqual({ name: 'Basel', people: 180_000 })
    house.answer(streams('{"name":"Basel",', '"people":180000}', Promise.resolve()))
    const text = await streamed(model)
    expect(textIn(text)).toBe(BASEL)
    expect(text).toContain('[DONE]')
  })

  test('that does not fit is asked for again', async () => {
    house.answer(says(UNFIT), says(BASEL))
    const { data, response } = await whole(model)
    expect(data.choices[0]!.message.content).toBe(BASEL)
    expect(response.headers.get('x-turnout-attempts')).toBe('2')
  })

  test('that never fits is an error, and what it took is counted', async () => {
    house.answer(says(UNFIT), says('Basel is nice.'))
    await expect(whole(model)).rejects.toMatchObject({ ...unfit, message: expect.stringContaining('is not JSON') })
    expect(house.calls).toHaveLength(2)
    const { outcome, usage, cost } = await lastAttempt()
    expect(outcome).toBe('failed')
    expect(usage.outputTokens).toBeGreaterThan(0)
    expect(Number(cost)).toBeCloseTo((usage.inputTokens + usage.outputTokens) / 100)
  })

  test('that does not fit ends its stream in an error event', async () => {
    const seen = Promise.withResolvers<void>()
    house.answer(streams('{"name":"Basel",', '"people":"many"}', seen.promise))
    const { status, body } = await stream(model)
    expect(status).toBe(200)
    let text = ''
    for await (const bytes of body!) {
      text += Buffer.from(bytes).toString()
      if (text.includes('Basel')) seen.resolve()
    }
    expect(textIn(text.split('event: error')[0]!)).toBe(UNFIT)
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('"finish_reason":"stop"')
    const { error } = JSON.parse(text.split('event: error\ndata: ')[1]!)
    expect(error).toMatchObject({ code: unfit.code, message: unfit.message })
    expect(await lastAttempt()).toMatchObject({ outcome: 'failed', errorCode: 'invalid_output' })
  })

  test('is not looked into where no form was asked for', async () => {
    house.answer(says('Basel is nice.'))
    expect(await contentOf(model, { response_format: { type: 'text' } })).toBe('Basel is nice.')
  })

  test('in JSON mode is JSON', async () => {
    house.answer(says('Basel is nice.'), says(BASEL))
    expect(await contentOf(model, { response_format: { type: 'json_object' } })).toBe(BASEL)
  })

  test('whose schema cannot be checked is told not to have been', async () => {
    house.answer(says(UNFIT))
    const json_schema = { name: 'odd', schema: { pattern: '(a+)+$' } }
    const { response } = await whole(model, { response_format: { type: 'json_schema', json_schema } })
    expect(response.headers.get('x-turnout-warnings')).toContain('not checked against its JSON Schema')
  })
})

describe('what is exempt', () => {
  test.each([
    ['a cut answer', choiceOf('{"na', 'length')],
    ['a withheld one', choiceOf('', 'content_filter')],
    ['a refusal', choiceOf(null, 'stop', { refusal: 'No.' })],
    ['a call', choiceOf(null, 'tool_calls', { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f' } }] })],
  ])('%s, passed through', async (_, choice) => {
    house.answer(completes(choice))
    const { data } = await whole('passed')
    expect(data.choices[0]).toMatchObject(choice)
  })

  test.each(['length', 'content-filter'])('an answer that ends by %s, interpreted', async (reason) => {
    house.answer(says({ type: 'text-delta', text: '{"na' }, { ...END, reason } as TextPart))
    expect(await contentOf('interpreted')).toBe('{"na')
    expect(textIn(await streamed('interpreted'))).toBe('{"na')
  })
})

describe('a model that has no mode for it', () => {
  test('is told in words, after what it was told before, and a code fence is taken off', async () => {
    house.answer(writes('```js', `on\n{"name":"Basel",`, '"people":180000}\n``', '`\n'))
    expect(await contentOf('instructed')).toBe(BASEL)
    const text = await streamed('instructed')
    expect(textIn(text)).toBe(BASEL)
    expect(text).toContain('[DONE]')
    for (const call of house.calls) {
      expect(call).not.toHaveProperty('output')
      expect(call.messages.map(({ role }) => role)).toEqual(['system', 'system', 'user'])
      expect(JSON.stringify(call.messages[1])).toContain('people')
    }
  })

  test('is held to it all the same', async () => {
    house.answer(writes(`Here it is:\n\`\`\`json\n${BASEL}\n\`\`\``), writes(UNFIT))
    await expect(whole('instructed')).rejects.toMatchObject(unfit)
  })

  test('is told and held to it also where its provider speaks OpenAI’s dialect', async () => {
    house.answer(completes(choiceOf(UNFIT)), completes(choiceOf(`\`\`\`json\n${BASEL}\n\`\`\``)))
    expect(await contentOf('told')).toBe(BASEL)
    expect(house.calls[0]).not.toHaveProperty('response_format')
    expect(JSON.stringify(house.calls[0]!.messages)).toContain('JSON Schema')
  })

  test('is told of JSON mode too', async () => {
    house.answer(writes('```\n{"a":1}\n```'))
    expect(await contentOf('instructed', { response_format: { type: 'json_object' } })).toBe('{"a":1}')
    expect(JSON.stringify(house.calls[0])).toContain('one JSON object')
  })
})
