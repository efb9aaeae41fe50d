import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { all, FAST, type LibraryWorld, startLibrary } from './library-world.ts'

let world: LibraryWorld
beforeAll(async () => {
  world = await startLibrary({
    configuration: {
      ...FAST,
      models: [
        { id: 'first', provider: 'openai', upstreamId: 'gpt-5.4-mini', output: ['text'] },
        { id: 'second', provider: 'openai', upstreamId: 'gpt-5.4-nano', output: ['text'] },
      ],
      pools: {
        kept: { members: ['first', 'second'], cache: { ttlSeconds: 60 } },
        plain: { members: ['first', 'second'] },
        checked: {
          members: ['first'],
          cache: { ttlSeconds: 60 },
          fallback: { max: 0 },
          validate: { maxLength: 10, when: 'after' },
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

const says = (text: string) => world.emulator.answers.add({ text })
const asked = () => world.emulator.requests().filter(({ method }) => method === 'POST').length
const text = { pool: 'kept', prompt: 'Tell me.' }
const HIT = { cached: true, cost: '0', attempts: 0 }

describe('an answer that is kept', () => {
  test('is given again, says so and costs nothing', async () => {
    says('The first.')
    const call = { ...text, prompt: 'Again?' }
    const first = await world.turnout.text.generate(call)
    expect(first).toMatchObject({ text: 'The first.', cached: false, attempts: 1 })
    const kept = await world.turnout.text.generate(call)
    expect(kept).toEqual({ ...first, ...HIT, requestId: kept.requestId })
    expect(kept.requestId).not.toBe(first.requestId)
    expect(world.records).toHaveLength(1)
    // Whoever is given it may do with it what it wants.
    kept.message.content = 'Mine.'
    first.warnings.push('mine')
    expect(await world.turnout.text.generate(call)).toMatchObject({ text: 'The first.', warnings: [] })
    expect((await world.turnout.text.generate(call)).message.content).toBe('The first.')
  })

  test('is a stream for whoever wants one, and the other way round', async () => {
    says('Whole.')
    const first = await world.turnout.text.generate({ ...text, prompt: 'As a stream?' })
    const { requestId: _, ...told } = first
    expect(await all(world.turnout.text.stream({ ...text, prompt: 'As a stream?' }))).toMatchObject([
      { type: 'text-delta', text: 'Whole.' },
      { type: 'finish', ...told, ...HIT },
    ])
    says('In pieces, one by one.')
    const parts = await all(world.turnout.text.stream({ ...text, prompt: 'As a whole?' }))
    expect(parts.at(-1)).toMatchObject({ type: 'finish', cached: false })
    const whole = await world.turnout.text.generate({ ...text, prompt: 'As a whole?' })
    expect(whole).toMatchObject({ text: 'In pieces, one by one.', ...HIT })
    expect(asked()).toBe(2)
  })

  test('is that of twenty calls at once, whole or streamed, whoever leaves', async () => {
    for (const make of [
      (signal?: AbortSignal) => world.turnout.text.generate({ ...text, prompt: 'At once?', signal }),
      async (signal?: AbortSignal) =>
        (await all(world.turnout.text.stream({ ...text, prompt: 'Streams?', signal }))).at(-1),
    ]) {
      world.emulator.reset()
      const leaves = new AbortController()
      const first = make(leaves.signal)
      const others = Array.from({ length: 19 }, () => make())
      leaves.abort()
      await expect(first).rejects.toMatchObject({ code: 'canceled' })
      const answers = await Promise.all(others)
      expect(answers.every((answer) => 'cached' in answer! && answer.cached && answer.cost === '0')).toBe(true)
      expect(asked()).toBe(1)
    }
  })

  test('ends when nobody waits any more', async () => {
    world.emulator.faults.add({ fault: { kind: 'silence' } })
    const leaves = new AbortController()
    const call = { ...text, prompt: 'Left?', signal: leaves.signal }
    const both = Promise.allSettled([world.turnout.text.generate(call), world.turnout.text.generate(call)])
    await expect.poll(asked).toBe(1)
    leaves.abort()
    expect(await both).toMatchObject([{ reason: { code: 'canceled' } }, { reason: { code: 'canceled' } }])
    await expect.poll(() => world.records).toMatchObject([{ outcome: 'canceled' }])
    expect(await world.turnout.text.generate({ ...text, prompt: 'Left?' })).toMatchObject({ cached: false })
  })

  test('belongs to all that makes it: prompt, settings, metadata, tools, pool', async () => {
    const same = { ...text, prompt: 'Different?' }
    const others = [
      same,
      { ...same, prompt: 'Different!' },
      { ...same, maxTokens: 4000 },
      { ...same, user: 'somebody' },
      { ...same, metadata: { tier: 'free' } },
      { ...same, tools: [{ name: 'look', parameters: z.object({ at: z.string() }) }] },
      { ...same, pool: undefined, model: 'first', cache: { ttlSeconds: 60 } },
    ]
    for (const call of others) expect((await world.turnout.text.generate(call as typeof text)).cached).toBe(false)
    for (const call of others) expect((await world.turnout.text.generate(call as typeof text)).cached).toBe(true)
    expect(asked()).toBe(others.length)
  })
})

test('the call decides before its pool, and what asks for nothing hears nothing of it', async () => {
  const call = { ...text, prompt: 'Who decides?' }
  says('One.')
  says('Two.')
  await world.turnout.text.generate(call)
  expect(await world.turnout.text.generate({ ...call, cache: 'no-cache' })).toMatchObject({
    text: 'Two.',
    cached: false,
  })
  expect(await world.turnout.text.generate(call)).toMatchObject({ text: 'Two.', cached: true })
  for (const quiet of [
    { ...call, cache: 'no-store' as const },
    { ...call, pool: 'plain' },
  ]) {
    expect(await world.turnout.text.generate(quiet)).not.toHaveProperty('cached')
  }
  const bad = world.turnout.text.generate({ ...call, cache: { ttlSeconds: 0 } })
  await expect(bad).rejects.toMatchObject({ code: 'invalid_input', param: 'cache.ttlSeconds' })
})

test('a rule for all calls holds where neither they nor their pools say anything', async () => {
  const own = await startLibrary({ cache: { ttlSeconds: 60 } })
  const call = { model: 'gpt-5.4-mini', prompt: 'For all?' }
  expect((await own.turnout.text.generate(call)).cached).toBe(false)
  expect((await own.turnout.text.generate(call)).cached).toBe(true)
  // Somebody else's account is somebody else's.
  const bound = own.turnout.providerFor('openai', { apiKey: 'sk-other', baseUrl: own.emulator.openaiBaseUrl })
  expect((await bound.text.generate(call)).cached).toBe(false)
  expect((await bound.text.generate(call)).cached).toBe(true)
  await own.close()
  const none = await startLibrary({ cache: { ttlSeconds: 60 }, cacheMegabytes: 0 })
  await none.turnout.text.generate(call)
  expect((await none.turnout.text.generate(call)).cached).toBe(false)
  await none.close()
})

test('what failed, was withheld or did not pass is not kept', async () => {
  const call = { ...text, prompt: 'Well?' }
  for (let n = 0; n < 2; n += 1) world.emulator.faults.add({ fault: { kind: 'status', status: 400 } })
  await expect(world.turnout.text.generate(call)).rejects.toMatchObject({ code: 'invalid_input' })
  world.emulator.reset()
  expect((await world.turnout.text.generate(call)).cached).toBe(false)
  const long = { pool: 'checked', prompt: 'Too long?' }
  says('Much longer than ten.')
  const parts = await all(world.turnout.text.stream(long))
  expect(parts.at(-1)).toMatchObject({ validation: { passed: false } })
  says('Short.')
  expect((await all(world.turnout.text.stream(long))).at(-1)).toMatchObject({ cached: false, text: 'Short.' })
  expect((await all(world.turnout.text.stream(long))).at(-1)).toMatchObject({
    cached: true,
    validation: { passed: true },
  })
})

test('an object is checked by the schema of its own call', async () => {
  const schema = z.object({ title: z.string() })
  const call = { ...text, prompt: 'An object?' }
  says('{"title":"One"}')
  expect(await world.turnout.text.object({ ...call, schema })).toMatchObject({
    object: { title: 'One' },
    cached: false,
  })
  const shouted = z.object({ title: z.string().transform((title) => title.toUpperCase()) })
  const again = await world.turnout.text.object({ ...call, schema: shouted })
  expect(again).toMatchObject({ object: { title: 'ONE' }, ...HIT })
  says('{"title":"Two"}')
  const other = z.object({ title: z.string().refine((title) => title !== 'One') })
  expect(await world.turnout.text.object({ ...call, schema: other })).toMatchObject({ object: { title: 'Two' } })
  expect(asked()).toBe(2)
})

test('pictures and vectors are kept too', async () => {
  const cache = { ttlSeconds: 60 }
  const picture = { model: 'gpt-image-2', prompt: 'A tram.', width: 1024, height: 1024, cache }
  const first = await world.turnout.image.generate(picture)
  const kept = await world.turnout.image.generate(picture)
  expect(first).toMatchObject({ cached: false })
  expect(kept).toMatchObject(HIT)
  expect(Buffer.compare(kept.images[0]!.bytes!, first.images[0]!.bytes!)).toBe(0)
  const embedding = { model: 'text-embedding-3-small', texts: 'A tram.', cache }
  const vectors = await world.turnout.embed(embedding)
  expect(await world.turnout.embed(embedding)).toMatchObject({ ...HIT, vectors: vectors.vectors })
  expect(asked()).toBe(2)
})
