import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/core/adapter.ts'
import type { TextCall, TextMessage, TextPart, TextResult, Tool } from '../../src/core/text.ts'
import { SQUARE, type Subject, type TextSubject, TRIP } from './subject.ts'
import type { World } from './world.ts'

export const user = (text: string): TextMessage => ({ role: 'user', content: [{ type: 'text', text }] })

const WEATHER: Tool = {
  name: 'get_weather',
  description: 'Looks up the weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
}
const TICKET: Tool = {
  name: 'book_ticket',
  description: 'Books a tram ticket.',
  parameters: {
    type: 'object',
    properties: { line: { type: 'integer' } },
    required: ['line'],
    additionalProperties: false,
  },
}

/** Both ways of one call. */
export interface Ways {
  whole(more?: Partial<TextCall>, overrides?: Partial<Connection>): Promise<TextResult>
  parts(more?: Partial<TextCall>, overrides?: Partial<Connection>): AsyncIterable<TextPart>
  /** The stream put together. */
  streamed(more?: Partial<TextCall>): Promise<TextResult>
}

export const WAYS = ['whole', 'streamed'] as const

/** The answer that the parts of a stream make; there is one finish, and nothing after it. */
export function assembled(parts: readonly TextPart[]): TextResult {
  const finish = parts.at(-1)
  if (finish?.type !== 'finish') throw new Error('the stream has no finish')
  const { type: _, ...end } = finish
  const result: TextResult = { ...end, text: '', toolCalls: [] }
  for (const part of parts.slice(0, -1)) {
    expect(part.type).not.toBe('finish')
    if (part.type === 'text-delta') result.text += part.text
    else if (part.type === 'reasoning-delta') result.reasoning = (result.reasoning ?? '') + part.text
    else if (part.type === 'tool-call-delta') {
      const begun = result.toolCalls[part.index] ?? { id: '', name: '', arguments: '' }
      result.toolCalls[part.index] = begun
      begun.id ||= part.id ?? ''
      begun.name ||= part.name ?? ''
      begun.arguments += part.arguments ?? ''
      begun.opaque ??= part.opaque
    }
  }
  return result
}

/** What two answers to the same call share: everything but fresh ids. */
export const comparable = ({ text, reasoning, toolCalls, reason, raw, usage, warnings }: TextResult) => ({
  text,
  reasoning,
  toolCalls: toolCalls.map(({ name, arguments: json }) => ({ name, arguments: JSON.parse(json) as unknown })),
  reason,
  raw,
  usage: Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined)),
  warnings,
})

export function waysOf({ adapter }: Subject, text: TextSubject, world: World): Ways {
  const call = (more?: Partial<TextCall>): TextCall => ({
    model: text.model,
    messages: [user('Describe the tram lines of Lisbon.')],
    ...text.call,
    ...more,
  })
  const parts: Ways['parts'] = (more, overrides) =>
    adapter.text!.stream(call(more), world.connect(text.connection, overrides))
  return {
    parts,
    whole: (more, overrides) => adapter.text!.generate(call(more), world.connect(text.connection, overrides)),
    streamed: async (more) => assembled(await Array.fromAsync(parts(more))),
  }
}

/** What every text model does. */
export function describeText(subject: Subject, text: TextSubject, world: World): void {
  const { whole, streamed, parts } = waysOf(subject, text, world)
  /** Both ways of a call, which say the same. */
  const both = async (more?: Partial<TextCall>): Promise<TextResult> => {
    const buffered = await whole(more)
    world.emulator.reset()
    expect(comparable(await streamed(more))).toEqual(comparable(buffered))
    return buffered
  }

  describe('text', () => {
    test('is answered, streamed as buffered, with what it took', async () => {
      const answer = await both()
      expect(answer.text.length).toBeGreaterThan(20)
      expect(answer).toMatchObject({ reason: 'stop', toolCalls: [], warnings: [] })
      expect(answer.raw).toEqual(expect.any(String))
      const { inputTokens, outputTokens } = world.emulator.bill()
      expect(answer.usage).toMatchObject({ inputTokens, outputTokens })
      if (subject.names !== 'nothing') expect(answer.upstreamRequestId).toEqual(expect.stringMatching(/.{6}/))
    })

    test('comes in many deltas', async () => {
      const all = await Array.fromAsync(parts())
      expect(all.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(5)
      expect(all.filter(({ type }) => type === 'finish')).toHaveLength(1)
      expect(world.emulator.requests()).toHaveLength(1)
    })

    test('goes on with a whole conversation', async () => {
      const messages: TextMessage[] = [
        { role: 'system', text: 'You are brief.' },
        user('Name a city.'),
        { role: 'assistant', text: 'Porto.' },
        user('Why that one?'),
      ]
      const one = await both({ messages })
      const other = await whole({ messages: messages.slice(1) })
      expect(one.usage.inputTokens).toBeGreaterThan(other.usage.inputTokens!)
    })

    test('ends at the limit', async () => {
      const { leastTokens = 5 } = text
      const answer = await both({ maxTokens: leastTokens, messages: [user('Tell me a story in 400 words.')] })
      expect(answer.reason).toBe('length')
      expect(answer.usage.outputTokens).toBeLessThanOrEqual(leastTokens)
    })

    test.skipIf(text.stop === false)('ends before a stop sequence', async () => {
      const { text: unstopped } = await whole()
      const [, word] = unstopped.split(' ')
      const answer = await both({ stop: [` ${word} `] })
      expect(unstopped.startsWith(answer.text)).toBe(true)
      expect(answer.text.length).toBeLessThan(unstopped.length)
      expect(answer.reason).toBe('stop')
    })

    test.skipIf(text.reasoning === undefined)('shows its thoughts apart from the answer', async () => {
      const answer = await both({ reasoning: text.reasoning, maxTokens: 8_000 })
      expect(answer.reasoning?.length).toBeGreaterThan(10)
      expect(answer.text).not.toContain(answer.reasoning)
      const { inputTokens, outputTokens } = world.emulator.bill()
      expect(answer.usage).toMatchObject({ inputTokens, outputTokens })
    })

    test('looks at pictures', async () => {
      const picture = { type: 'image' as const, picture: { base64: SQUARE, mediaType: 'image/png' } }
      const answer = await both({
        messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, picture] }],
      })
      expect(answer.text).toContain('I looked at the picture.')
    })

    test('follows a schema', async () => {
      const answer = await both({
        output: { type: 'schema', name: 'trip', schema: TRIP, strict: true },
        messages: [user('Plan a trip to Lisbon as JSON.')],
      })
      expect(answer).toMatchObject({ reason: 'stop', toolCalls: [] })
      const problems = new Ajv2020().compile(TRIP)
      expect(problems(JSON.parse(answer.text)) ? [] : problems.errors).toEqual([])
    })

    test.each(text.unsupported ?? [])('says what it leaves out: $warning', async ({ call: more, warning }) => {
      expect((await both(more)).warnings).toEqual([expect.stringMatching(warning)])
    })
  })

  describe('tools', () => {
    const asked = { tools: [WEATHER, TICKET], messages: [user('How is the weather in Lisbon?')] }

    test('are called, and their results are used', async () => {
      for (const way of [whole, streamed]) {
        const first = await way(asked)
        expect(first).toMatchObject({ reason: 'tool-calls', toolCalls: [{ name: 'get_weather' }] })
        const [made] = first.toolCalls
        expect(JSON.parse(made!.arguments)).toEqual({ city: expect.any(String) })
        expect(made!.id).toMatch(/./)
        const { text: said, toolCalls, opaque } = first
        const second = await both({
          ...asked,
          messages: [
            ...asked.messages,
            { role: 'assistant', text: said, toolCalls, opaque },
            { role: 'tool', callId: made!.id, content: [{ type: 'text', text: '{"celsius":21}' }] },
          ],
        })
        expect(second.text).toContain('21')
        expect(second.reason).toBe('stop')
      }
    })

    test('are called the same, streamed as buffered', async () => {
      expect((await both(asked)).toolCalls).toHaveLength(1)
    })

    test('are left alone where none is to be called', async () => {
      expect(await both({ ...asked, toolChoice: 'none' })).toMatchObject({ reason: 'stop', toolCalls: [] })
    })

    test.skipIf(text.toolChoice === false)('one by name is called', async () => {
      const answer = await both({ ...asked, toolChoice: { name: 'book_ticket' } })
      expect(answer.toolCalls.map(({ name }) => name)).toEqual(['book_ticket'])
    })

    test.skipIf(text.toolChoice === false)('any one is called where one must be', async () => {
      const answer = await both({ ...asked, messages: [user('Hello.')], toolChoice: 'required' })
      expect(answer.toolCalls.length).toBeGreaterThan(0)
    })

    test('several are called at once, each with its own id', async () => {
      const several = { ...asked, messages: [user('Look up the weather in Lisbon and book a tram ticket.')] }
      const { toolCalls } = await both(several)
      expect(toolCalls.map(({ name }) => name).sort()).toEqual(['book_ticket', 'get_weather'])
      expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2)
    })
  })
}
