import { zodResponseFormat } from 'openai/helpers/zod'
import type { ChatCompletionChunk, ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CHAT, emulated, user } from './testing.ts'

const WEATHER: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city'],
    },
  },
}
const MAIL: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'send_mail',
    description: 'Sends a mail to a person',
    parameters: { type: 'object', properties: { to: { type: 'string' }, body: { type: 'string' } } },
  },
}

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const textOf = (chunks: ChatCompletionChunk[], index = 0): string =>
  chunks
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta.content ?? '')
    .join('')

describe('chat', () => {
  it('answers with text, usage that adds up and the headers of the API', async () => {
    const { client } = await emulated()
    const { data, response } = await client.chat.completions.create(CHAT).withResponse()
    expect(data.choices[0]?.message.content).toContain('sky')
    expect(data.choices[0]?.finish_reason).toBe('stop')
    expect(data.system_fingerprint).toBe('fp_emulated')
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0))
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(Number(response.headers.get('openai-processing-ms'))).toBeGreaterThan(0)
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toMatch(/^\d+$/)
  })

  it('gives the same text for the same request and another for another seed, model or question', async () => {
    const { client } = await emulated()
    const ask = async (more: object) =>
      (await client.chat.completions.create({ ...CHAT, ...more })).choices[0]?.message.content
    const first = await ask({ seed: 1 })
    expect(await ask({ seed: 1 })).toBe(first)
    const others = [
      await ask({ seed: 2 }),
      await ask({ seed: 1, model: 'gpt-4o' }),
      await ask({ messages: [user('Why?')] }),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
  })

  it('streams the buffered text: role first, small deltas, finish, then usage on demand', async () => {
    const { client } = await emulated()
    const whole = await client.chat.completions.create(CHAT)
    const chunks = await collect(
      await client.chat.completions.create({ ...CHAT, stream: true, stream_options: { include_usage: true } }),
    )
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(chunks.length).toBeGreaterThan(20)
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)?.choices).toEqual([])
    expect(chunks.at(-1)?.usage).toEqual(whole.usage)
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    const without = await collect(await client.chat.completions.create({ ...CHAT, stream: true }))
    expect(without.every((chunk) => chunk.usage === undefined)).toBe(true)
  })

  it('gives n different choices, buffered and streamed alike', async () => {
    const { client } = await emulated()
    const whole = await client.chat.completions.create({ ...CHAT, n: 3 })
    const texts = whole.choices.map((choice) => choice.message.content)
    expect(new Set(texts).size).toBe(3)
    const chunks = await collect(await client.chat.completions.create({ ...CHAT, n: 3, stream: true }))
    expect([0, 1, 2].map((index) => textOf(chunks, index))).toEqual(texts)
  })

  it('stops at a stop sequence and at the token limit', async () => {
    const { client } = await emulated()
    const whole = (await client.chat.completions.create(CHAT)).choices[0]?.message.content ?? ''
    const stopped = await client.chat.completions.create({ ...CHAT, stop: ['.'] })
    expect(stopped.choices[0]?.message.content).toBe(whole.slice(0, whole.indexOf('.')))
    const short = await client.chat.completions.create({ ...CHAT, max_completion_tokens: 5 })
    expect(short.choices[0]?.finish_reason).toBe('length')
    expect(short.usage?.completion_tokens).toBe(5)
    expect(whole.startsWith(short.choices[0]?.message.content ?? 'x')).toBe(true)
  })

  it('counts hidden reasoning of reasoning models against the limit', async () => {
    const { client } = await emulated()
    const request = { ...CHAT, model: 'gpt-5.4' }
    const thought = await client.chat.completions.create({ ...request, reasoning_effort: 'high' })
    const reasoning = thought.usage?.completion_tokens_details?.reasoning_tokens ?? 0
    expect(reasoning).toBeGreaterThan(0)
    expect(thought.usage?.completion_tokens).toBeGreaterThan(reasoning)
    const cut = await client.chat.completions.create({ ...request, max_completion_tokens: 10 })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
  })

  it('counts a repeated long prompt as cached', async () => {
    const { client } = await emulated()
    const long = { ...CHAT, messages: [user('A rather long text. '.repeat(400))] }
    expect((await client.chat.completions.create(long)).usage?.prompt_tokens_details?.cached_tokens).toBe(0)
    const cached = (await client.chat.completions.create(long)).usage?.prompt_tokens_details?.cached_tokens ?? 0
    expect(cached).toBeGreaterThanOrEqual(1024)
    expect(cached % 128).toBe(0)
  })

  it('takes pictures as data URL and https URL and counts them', async () => {
    const { client } = await emulated()
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const ask = (url: string, detail: 'low' | 'high') =>
      client.chat.completions.create({
        model: 'gpt-4.1',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url, detail } },
            ],
          },
        ],
      })
    const low = await ask(`data:image/png;base64,${pixel}`, 'low')
    const high = await ask('https://example.com/cat.png', 'high')
    expect(low.choices[0]?.message.content).toContain('picture')
    expect(high.usage?.prompt_tokens).toBeGreaterThan(low.usage?.prompt_tokens ?? 0)
  })
})

describe('tools', () => {
  it('calls the most fitting tool with arguments of its schema, then uses the result', async () => {
    const { client } = await emulated()
    const messages: ChatCompletionMessageParam[] = [user('What is the weather in Lisbon in celsius?')]
    const first = await client.chat.completions.create({ model: 'gpt-5.4', messages, tools: [MAIL, WEATHER] })
    const [call] = first.choices[0]?.message.tool_calls ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(first.choices[0]?.message.content).toBeNull()
    if (call?.type !== 'function') throw new Error('no function was called')
    expect(call.function.name).toBe('get_weather')
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Lisbon', unit: 'celsius' })
    messages.push(first.choices[0]!.message, { role: 'tool', tool_call_id: call.id, content: '{"celsius":23}' })
    const second = await client.chat.completions.create({ model: 'gpt-5.4', messages, tools: [MAIL, WEATHER] })
    expect(second.choices[0]?.finish_reason).toBe('stop')
    expect(second.choices[0]?.message.content).toContain('According to get_weather, celsius is 23')
  })

  it('obeys tool_choice and parallel_tool_calls', async () => {
    const { client } = await emulated()
    const request = { ...CHAT, messages: [user('Compare the weather in Rome and Oslo.')], tools: [WEATHER, MAIL] }
    const calls = async (more: object) => {
      const { choices } = await client.chat.completions.create({ ...request, ...more })
      return {
        names: choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.name),
        choice: choices[0],
      }
    }
    expect((await calls({})).names).toEqual(['get_weather', 'get_weather'])
    expect((await calls({ parallel_tool_calls: false })).names).toEqual(['get_weather'])
    expect((await calls({ tool_choice: 'none' })).choice?.message.content).toContain('weather')
    expect((await calls({ tool_choice: 'required', parallel_tool_calls: false })).names).toEqual(['get_weather'])
    const forced = await calls({ tool_choice: { type: 'function', function: { name: 'send_mail' } } })
    expect(forced.names).toEqual(['send_mail'])
    expect(forced.choice?.finish_reason).toBe('stop')
  })

  it('streams tool calls as deltas that join to the buffered ones', async () => {
    const { client } = await emulated()
    const request = { ...CHAT, messages: [user('Compare the weather in Rome and Oslo.')], tools: [WEATHER] }
    const whole = await client.chat.completions.create(request)
    const stream = client.chat.completions.stream(request)
    const final = await stream.finalChatCompletion()
    const plain = (message: (typeof whole.choices)[0] | undefined) =>
      message?.message.tool_calls?.map(
        (call) => call.type === 'function' && [call.function.name, call.function.arguments],
      )
    expect(plain(final.choices[0])).toEqual(plain(whole.choices[0]))
    const chunks = await collect(await client.chat.completions.create({ ...request, stream: true }))
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(deltas.length).toBeGreaterThan(6)
    expect(deltas.filter((delta) => delta.id !== undefined)).toHaveLength(2)
  })
})

describe('structured output', () => {
  it('parses with the zod helper', async () => {
    const { client } = await emulated()
    const Plan = z.object({
      title: z.string(),
      kind: z.enum(['trip', 'meal']),
      steps: z
        .array(z.object({ text: z.string(), minutes: z.int().min(1).max(90) }))
        .min(2)
        .max(4),
      note: z.string().nullable(),
      price: z.union([z.number(), z.literal('free')]),
    })
    const { choices } = await client.chat.completions.parse({
      model: 'gpt-5.4',
      messages: [user('Plan a day in Rome.')],
      response_format: zodResponseFormat(Plan, 'plan'),
    })
    expect(Plan.parse(choices[0]?.message.parsed)).toEqual(choices[0]?.message.parsed)
  })

  it('writes a JSON object in JSON mode', async () => {
    const { client } = await emulated()
    const { choices } = await client.chat.completions.create({
      ...CHAT,
      messages: [user('Answer in JSON: what is rain?')],
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(choices[0]?.message.content ?? '')).toMatchObject({ topic: 'rain' })
  })
})
