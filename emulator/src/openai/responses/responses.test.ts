import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { CHAT, emulated, post } from '../../testing.ts'

const ASK = { model: 'gpt-4.1', input: 'Why is the sky blue?' }
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
}

async function finalOf(client: OpenAI, request: OpenAI.Responses.ResponseCreateParamsNonStreaming) {
  const events: OpenAI.Responses.ResponseStreamEvent[] = []
  for await (const event of await client.responses.create({ ...request, stream: true })) events.push(event)
  const last = events.at(-1)
  const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
  return { events, text, last }
}

describe('the official SDK', () => {
  it('gets the same answer in one piece and streamed, which is the answer of chat', async () => {
    const { client, emulator } = await emulated()
    const whole = await client.responses.create(ASK)
    const { text, last, events } = await finalOf(client, ASK)
    const chat = await client.chat.completions.create(CHAT)
    expect(whole.output_text.length).toBeGreaterThan(40)
    expect([text, chat.choices[0]?.message.content]).toEqual([whole.output_text, whole.output_text])
    expect(last).toMatchObject({ type: 'response.completed', response: { status: 'completed', usage: whole.usage } })
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index))
    expect(emulator.requests()[0]).toMatchObject({ operation: 'responses', provider: 'openai' })
  })

  it('calls functions, uses their results, reasons and conforms to a schema', async () => {
    const { client } = await emulated()
    const request = { model: 'gpt-5.4', input: 'What is the weather in Paris?', tools: [weather] }
    const first = await client.responses.create(request)
    const call = first.output.find((item) => item.type === 'function_call')
    expect([first.output[0]?.type, JSON.parse(call?.arguments ?? '')]).toEqual(['reasoning', { city: 'Paris' }])
    const { events } = await finalOf(client, request)
    const args = events.map((event) => (event.type === 'response.function_call_arguments.delta' ? event.delta : ''))
    expect(JSON.parse(args.join(''))).toEqual({ city: 'Paris' })
    const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: '{"celsius":18}' }
    const input = [{ role: 'user' as const, content: request.input }, ...first.output, output]
    const second = await client.responses.create({ ...request, input: input as OpenAI.Responses.ResponseInput })
    expect(second.output_text).toContain('celsius is 18')
    const reasoning = { effort: 'high' as const, summary: 'auto' as const }
    const thought = await client.responses.create({ ...ASK, model: 'gpt-5.4', reasoning })
    expect(thought.output[0]).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text' }] })
    const schema = {
      type: 'object',
      properties: { color: { type: 'string', enum: ['blue', 'red'] } },
      required: ['color'],
      additionalProperties: false,
    }
    const text = { format: { type: 'json_schema' as const, name: 's', strict: true, schema } }
    expect(JSON.parse((await client.responses.create({ ...ASK, text })).output_text)).toEqual({ color: 'blue' })
  })

  it('says why an answer is not complete, and reports an error inside a stream', async () => {
    const { client, emulator } = await emulated()
    const short = await client.responses.create({ ...ASK, max_output_tokens: 16 })
    expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    emulator.faults.add({ fault: { kind: 'moderated' } })
    expect((await finalOf(client, ASK)).last).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'content_filter' } },
    })
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 4 } })
    await expect(finalOf(client, ASK)).rejects.toBeInstanceOf(OpenAI.APIError)
    emulator.faults.add({ fault: { kind: 'no-finish' } })
    expect((await finalOf(client, ASK)).last?.type).toBe('response.output_item.done')
  })
})

describe('refused', () => {
  it.each<[string, object, [string | null, string | null]]>([
    ['a field of chat', { messages: [] }, ['unknown_parameter', 'messages']],
    ['no input', { input: undefined }, ['missing_required_parameter', 'input']],
    ['too few tokens', { max_output_tokens: 1 }, ['integer_below_min_value', 'max_output_tokens']],
    [
      'a part of chat',
      { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
      ['invalid_value', 'input[0].content[0].type'],
    ],
    [
      'a tool of chat',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      ['unknown_parameter', 'tools[0].function'],
    ],
    [
      'a result without its call',
      { input: [{ type: 'function_call_output', call_id: 'a', output: '' }] },
      [null, 'input'],
    ],
    [
      'a call without its result',
      { input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }] },
      [null, 'input'],
    ],
    ['reasoning of a plain model', { reasoning: { effort: 'low' } }, ['unsupported_parameter', 'reasoning.effort']],
    ['sampling of a reasoning model', { model: 'gpt-5.4', temperature: 0.5 }, [null, 'temperature']],
    [
      'an open schema in strict mode',
      { text: { format: { type: 'json_schema', name: 's', strict: true, schema: { type: 'object' } } } },
      ['invalid_json_schema', 'text.format.schema'],
    ],
  ])('%s', async (_name, more, [code, param]) => {
    const { emulator } = await emulated()
    const response = await post(emulator, '/responses', { ...ASK, ...more })
    const { error } = (await response.json()) as { error: { code: string | null; param: string | null } }
    expect([response.status, error.code, error.param]).toEqual([400, code, param])
  })
})
