import type { Fault } from '@turnout/emulator'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTurnout } from '../src/library/index.ts'
import { PROMPT, Streams } from './stream-world.ts'

let world: Streams
/** What the models of the pools write when all is well. */
const texts = new Map<string, string>()
const WRITERS = {
  twins: ['first'],
  three: ['first', 'other'],
  'claude-twins': ['claude'],
  'gemini-twins': ['gemini'],
  prefill: ['claude'],
}

beforeAll(async () => {
  world = await Streams.start()
  for (const model of Object.values(WRITERS).flat()) texts.set(model, await world.textOf(model))
})
afterAll(() => world.close())

/** Through the official SDK, which throws for a stream that ends in an error. */
async function read(model: string) {
  const seen = { text: '', finish: null as string | null, code: undefined as string | undefined }
  try {
    const messages = [{ role: 'user' as const, content: PROMPT }]
    for await (const { choices } of await world.gateway.client.chat.completions.create({
      model,
      messages,
      stream: true,
    })) {
      seen.text += choices[0]?.delta.content ?? ''
      seen.finish = choices[0]?.finish_reason ?? seen.finish
    }
  } catch (error) {
    seen.code = (error as { code: string }).code
  }
  return seen
}

const at = fc.nat(60)
const fault: fc.Arbitrary<Fault> = fc.oneof(
  at.map((afterChunks): Fault => ({ kind: 'cut', afterChunks })),
  at.map((afterChunks): Fault => ({ kind: 'error-event', afterChunks })),
  at.map((atChunk): Fault => ({ kind: 'malformed', atChunk })),
  fc.constant<Fault>({ kind: 'no-finish' }),
  fc.constant<Fault>({ kind: 'status', status: 503 }),
  fc.constant<Fault>({ kind: 'reset' }),
)

test('the text is exact and finished, or a beginning that is not: whoever fails, whenever', async () => {
  const pools = fc.constantFrom(...(Object.keys(WRITERS) as (keyof typeof WRITERS)[]))
  await fc.assert(
    fc.asyncProperty(pools, fault, fc.option(fault), fc.boolean(), async (pool, north, south, forGood) => {
      await world.reset()
      world.fail('north', north, 99)
      if (south) world.fail('south', south, forGood ? 99 : 1)
      const { text, finish, code } = await read(`pool:${pool}`)
      const expected = WRITERS[pool].map((model) => texts.get(model)!)
      if (finish === null) {
        expect(code).toBeDefined()
        expect(expected.some((whole) => whole.startsWith(text))).toBe(true)
        expect(south).not.toBeNull()
      } else {
        expect(expected).toContain(text)
        expect({ finish, code }).toEqual({ finish: 'stop', code: undefined })
      }
      const { north: asked, south: others } = world.asked()
      expect(asked + others).toBeLessThanOrEqual(8)
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('in the library others go on as well, and a stream may be held', async () => {
  await world.reset()
  const [north, south] = [world.sites.north, world.sites.south]
  await using turnout = await createTurnout({
    env: { KEY: 'sk-x' },
    discovery: false,
    configuration: {
      retry: { backoffBase: 0.005 },
      providers: {
        north: { baseUrl: north.openaiBaseUrl, credential: 'env:KEY' },
        south: { baseUrl: south.openaiBaseUrl, credential: 'env:KEY' },
      },
      models: [
        { id: 'one', provider: 'north', upstreamId: 'gpt-5.4-mini', output: ['text'] },
        { id: 'two', provider: 'south', upstreamId: 'gpt-5.4-mini', output: ['text'] },
      ],
      pools: { both: { members: ['one', 'two'] } },
    },
  })
  const take = async (more: object) => {
    north.faults.add({ fault: { kind: 'cut', afterChunks: 8 } })
    return Array.fromAsync(turnout.text.stream({ pool: 'both', prompt: PROMPT, ...more }))
  }
  const { text } = await turnout.text.generate({ model: 'two', prompt: PROMPT })
  const parts = await take({})
  const pieces = parts.map((part) => (part.type === 'text-delta' ? part.text : ''))
  expect(pieces.join('')).toBe(text)
  expect(parts.filter(({ type }) => type === 'switched')).toEqual([
    { type: 'switched', from: 'one', to: 'two', reason: 'connection' },
  ])
  expect(parts.at(-1)).toMatchObject({ type: 'finish', text, model: 'two', attempts: 2 })
  for (const more of [{ commit: 'complete' }, { validate: { minLength: 1, when: 'before' } }]) {
    const held = await take(more)
    expect(held.some(({ type }) => type === 'switched')).toBe(false)
    expect(held.at(-1)).toMatchObject({ type: 'finish', text, finishReason: 'stop' })
  }
})
