import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { all, FAST, type LibraryWorld, startLibrary } from './library-world.ts'

let world: LibraryWorld
beforeAll(async () => {
  world = await startLibrary({
    configuration: {
      ...FAST,
      pools: {
        soon: { members: ['gpt-5.4-mini', 'gpt-5.4-nano'], hedge: { minMs: 5, maxMs: 40, budget: 1 } },
        counting: {
          members: ['text-embedding-3-small', 'text-embedding-3-large'],
          hedge: { minMs: 5, maxMs: 40, budget: 1 },
        },
      },
    },
  })
})
afterAll(() => world.close())
beforeEach(() => {
  world.emulator.reset()
  world.records.length = 0
})

const SLOW = { kind: 'slow-first-part', ms: 600_000 } as const
const ENDS = [
  { model: 'gpt-5.4-mini', outcome: 'canceled' },
  { model: 'gpt-5.4-nano', outcome: 'succeeded' },
]
const ended = () => world.records.toSorted((a, b) => a.attempt - b.attempt)

test('a text is that of whoever begins first', async () => {
  const { text } = await world.turnout.text.generate({ model: 'gpt-5.4-nano', prompt: 'Tell me about points.' })
  world.records.length = 0
  world.emulator.faults.add({ match: { model: 'gpt-5.4-mini' }, fault: SLOW })
  const had = await world.turnout.text.generate({ pool: 'soon', prompt: 'Tell me about points.' })
  expect(had).toMatchObject({ text, model: 'gpt-5.4-nano', attempts: 2 })
  await expect.poll(ended).toMatchObject(ENDS)
  await expect.poll(() => world.emulator.aborted()).toHaveLength(1)
})

test('and so is a stream', async () => {
  world.emulator.faults.add({ match: { model: 'gpt-5.4-mini' }, fault: SLOW })
  const parts = await all(world.turnout.text.stream({ pool: 'soon', prompt: 'Tell me about points.' }))
  expect(parts.at(-1)).toMatchObject({ type: 'finish', model: 'gpt-5.4-nano', attempts: 2, finishReason: 'stop' })
  await expect.poll(ended).toMatchObject(ENDS)
  await expect.poll(() => world.emulator.aborted()).toHaveLength(1)
})

test('and so are vectors', async () => {
  world.emulator.faults.add({ match: { model: 'text-embedding-3-small' }, fault: SLOW })
  const had = await world.turnout.embed({ pool: 'counting', texts: ['points'] })
  expect(had).toMatchObject({ model: 'text-embedding-3-large', attempts: 2 })
  await expect.poll(() => world.emulator.aborted()).toHaveLength(1)
})

test('a caller who leaves ends both', async () => {
  world.emulator.faults.add({ fault: SLOW, times: 2 })
  const controller = new AbortController()
  const asked = world.turnout.text.generate({ pool: 'soon', prompt: 'Hello.', signal: controller.signal })
  const failed = expect(asked).rejects.toMatchObject({ code: 'canceled' })
  await expect.poll(() => world.emulator.requests().length).toBe(2)
  controller.abort()
  await failed
  await expect.poll(() => world.emulator.aborted()).toHaveLength(2)
})
