import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator } from '@turnout/emulator'
import { createTurnout } from 'turnout'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { all, environmentOf, FAST, type LibraryWorld, startLibrary } from './library-world.ts'

const CONFIGURATION = {
  ...FAST,
  timeouts: { stallMs: 300 },
  pools: {
    fast: { members: ['gpt-5.4-mini', { model: 'claude-haiku-4-5' }] },
    landing: { members: ['gemini-3.8-flash'] },
    art: { members: ['gpt-image-2', 'gemini-nano-banana-2.1'] },
    near: { members: ['text-embedding-3-small', 'gemini-embedding-2'] },
    turns: { strategy: 'round-robin' as const, members: ['gpt-5.4-mini', 'claude-haiku-4-5', 'gemini-3.8-flash'] },
    tried: { members: ['gpt-5.4-mini'], experiment: { variants: { control: {}, other: { to: 'pool:landing' } } } },
  },
  roles: { writer: { pool: 'fast', products: { landing: 'landing' } } },
}

let world: LibraryWorld
beforeAll(async () => {
  world = await startLibrary({ configuration: CONFIGURATION }, { chunkDelayMs: 2 })
})
afterAll(() => world.close())
/** Each test has a Turnout that knows nothing of the failures of others. */
afterEach(async () => {
  await world.close()
  world = await startLibrary({ configuration: CONFIGURATION }, { chunkDelayMs: 2 })
})

const prompt = 'Tell me about turnouts.'
const down = (provider: string, times = 100) =>
  world.emulator.faults.add({ match: { provider }, times, fault: { kind: 'status', status: 503 } })

describe('pools and roles', () => {
  test('lead to their members, by product type', async () => {
    const { text } = world.turnout
    expect(await text.generate({ pool: 'fast', prompt })).toMatchObject({ model: 'gpt-5.4-mini' })
    expect(await text.generate({ role: 'writer', prompt })).toMatchObject({ model: 'gpt-5.4-mini' })
    const landing = { role: 'writer', productType: 'landing', prompt }
    expect(await text.generate(landing)).toMatchObject({ model: 'gemini-3.8-flash' })
    expect(await text.generate({ model: 'pool:landing', prompt })).toMatchObject({ model: 'gemini-3.8-flash' })
  })

  test('keep a session with its member, and a user with a variant', async () => {
    const { text } = world.turnout
    const models = new Set<string>()
    for (let n = 0; n < 4; n += 1) models.add((await text.generate({ pool: 'turns', prompt, session: 'one' })).model)
    expect(models.size).toBe(1)
    const variants = new Set<string | undefined>()
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const { experiment, variant, model } = await text.generate({ pool: 'tried', prompt, user })
      expect(experiment).toBe('tried')
      expect(model).toBe(variant === 'other' ? 'gemini-3.8-flash' : 'gpt-5.4-mini')
      variants.add(variant)
    }
    expect(variants).toEqual(new Set(['control', 'other']))
  })

  test('fall back, whole and streamed, and every attempt is told', async () => {
    down('openai')
    const whole = await world.turnout.text.generate({ pool: 'fast', prompt })
    expect(whole).toMatchObject({ model: 'claude-haiku-4-5', provider: 'anthropic' })
    expect(whole.attempts).toBe(world.records.length)
    expect(world.records.map(({ provider, outcome, errorCode }) => [provider, outcome, errorCode])).toEqual([
      ...world.records.slice(1).map(() => ['openai', 'failed', 'overloaded']),
      ['anthropic', 'succeeded', null],
    ])
    const parts = await all(world.turnout.text.stream({ role: 'writer', prompt }))
    expect(parts.at(-1)).toMatchObject({ type: 'finish', model: 'claude-haiku-4-5', text: whole.text })
  })

  test('fall back when the answer does not pass the schema', async () => {
    let refused = 0
    const schema = z.object({ name: z.string().refine(() => refused++ > 0, 'is not liked') })
    const { model } = await world.turnout.text.object({ pool: 'fast', prompt, schema })
    expect(model).toBe('claude-haiku-4-5')
  })

  test('hold for pictures and vectors', async () => {
    down('openai')
    expect(await world.turnout.image.generate({ pool: 'art', prompt })).toMatchObject({ provider: 'google' })
    expect(await world.turnout.embed({ pool: 'near', texts: 'x' })).toMatchObject({ provider: 'google' })
  })

  test('that all fail end in the first error, with every attempt', async () => {
    down('openai')
    down('anthropic')
    const failed = world.turnout.text.generate({ pool: 'fast', prompt })
    await expect(failed).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
      provider: 'openai',
      details: { attempts: expect.arrayContaining([expect.objectContaining({ provider: 'anthropic' })]) },
    })
  })
})

describe('a failure', () => {
  test('is told without the credential, by code and provider', async () => {
    const fault = { kind: 'status' as const, status: 401, body: { error: { message: 'Wrong key sk-openai-secret' } } }
    world.emulator.faults.add({ fault })
    const failed = await world.turnout.text.generate({ model: 'gpt-5.4-mini', prompt }).catch((error) => error)
    expect(failed).toMatchObject({ code: 'authentication', retryable: false, provider: 'openai', upstreamStatus: 401 })
    expect(JSON.stringify(failed) + failed.message).not.toContain('sk-openai-secret')
  })

  test('of a paid picture whose fate nobody knows is not tried again', async () => {
    world.emulator.faults.add({ match: { provider: 'openai' }, times: 9, fault: { kind: 'reset' } })
    const failed = world.turnout.image.generate({ pool: 'art', prompt })
    await expect(failed).rejects.toMatchObject({ code: 'unknown_outcome', retryable: false, provider: 'openai' })
    expect(world.emulator.requests()).toHaveLength(1)
    expect(world.records).toMatchObject([{ outcome: 'unknown', cost: null }])
  })
})

describe('a stream', () => {
  const take = async (call: Parameters<typeof world.turnout.text.stream>[0]) => {
    const parts = []
    try {
      for await (const part of world.turnout.text.stream(call)) parts.push(part)
    } catch (error) {
      return { parts, error }
    }
    return { parts, error: undefined }
  }

  test.each([{ kind: 'cut', afterChunks: 6 } as const, { kind: 'stall', afterChunks: 6 } as const])(
    'that ends by $kind throws and has no finish part',
    async (fault) => {
      world.emulator.faults.add({ match: { streamed: true }, fault, times: 2 })
      const { parts, error } = await take({ model: 'gpt-5.4-mini', prompt })
      expect(parts.length).toBeGreaterThan(0)
      expect(parts.every(({ type }) => type !== 'finish')).toBe(true)
      expect(error).toMatchObject({ code: 'stream_interrupted', provider: 'openai', retryable: false })
      expect(world.records.at(-1)).toMatchObject({ outcome: 'failed', errorCode: 'stream_interrupted' })
    },
  )

  test('that nobody reads is asked for by nobody', async () => {
    world.turnout.text.stream({ model: 'gpt-5.4-mini', prompt })
    await new Promise((resolve) => setImmediate(resolve))
    expect(world.emulator.requests()).toEqual([])
  })

  test('that is left ends at the provider', async () => {
    for await (const part of world.turnout.text.stream({ model: 'gpt-5.4-mini', prompt })) {
      expect(part.type).toBe('text-delta')
      break
    }
    expect(world.records).toMatchObject([{ outcome: 'canceled', cost: null }])
    await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
  })

  test('whose reader takes longer than the provider may is not given up', async () => {
    const stream = world.turnout.text.stream({ model: 'gpt-5.4-mini', prompt })[Symbol.asyncIterator]()
    await stream.next()
    await new Promise((resolve) => setTimeout(resolve, CONFIGURATION.timeouts.stallMs * 2))
    let last = await stream.next()
    for (let next = last; !next.done; next = await stream.next()) last = next
    expect(last.value).toMatchObject({ type: 'finish', finishReason: 'stop' })
  })
})

describe('a signal', () => {
  test('ends calls of all kinds at the provider', async () => {
    const silent = { kind: 'silence' as const }
    world.emulator.faults.add({ times: 4, fault: silent })
    const reason = new Error('enough')
    const { text, image, embed } = world.turnout
    const controller = new AbortController()
    const { signal } = controller
    const running = [
      text.generate({ model: 'gpt-5.4-mini', prompt, signal }),
      all(text.stream({ model: 'gpt-5.4-mini', prompt, signal })),
      image.generate({ model: 'gpt-image-2', prompt, signal }),
      embed({ model: 'text-embedding-3-small', texts: 'x', signal }),
    ].map((call) => call.catch((error: unknown) => error))
    await vi.waitFor(() => expect(world.emulator.requests()).toHaveLength(4))
    controller.abort(reason)
    for (const error of await Promise.all(running)) expect(error).toMatchObject({ code: 'canceled', retryable: false })
    await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(4))
  })

  test('that has ended before lets nothing be sent', async () => {
    const signal = AbortSignal.abort()
    await expect(world.turnout.text.generate({ model: 'gpt-5.4-mini', prompt, signal })).rejects.toMatchObject({
      code: 'canceled',
    })
    await expect(all(world.turnout.text.stream({ pool: 'fast', prompt, signal }))).rejects.toMatchObject({
      code: 'canceled',
    })
    expect(world.emulator.requests()).toEqual([])
  })

  test('ends a stream while its reader has a part', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const read = async () => {
      for await (const { type } of world.turnout.text.stream({ model: 'gpt-5.4-mini', prompt, signal })) {
        expect(type).not.toBe('finish')
        controller.abort()
      }
    }
    await expect(read()).rejects.toMatchObject({ code: 'canceled' })
    expect(world.records).toMatchObject([{ outcome: 'canceled' }])
  })
})

test('closing ends what runs, and nothing is asked after it', async () => {
  world.emulator.faults.add({ fault: { kind: 'silence' } })
  const running = world.turnout.text.generate({ model: 'gpt-5.4-mini', prompt }).catch((error: unknown) => error)
  await vi.waitFor(() => expect(world.emulator.requests()).toHaveLength(1))
  await world.turnout.close()
  await world.turnout.close()
  expect(await running).toMatchObject({ code: 'canceled' })
  const late = world.turnout.text.generate({ model: 'gpt-5.4-mini', prompt })
  await expect(late).rejects.toMatchObject({ code: 'canceled', message: expect.stringContaining('closed') })
})

test('what onAttempt throws takes nothing away from the answer', async () => {
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  const turnout = await createTurnout({
    env: environmentOf(world.emulator),
    onAttempt() {
      throw new Error('no room')
    },
  })
  expect((await turnout.text.generate({ model: 'gpt-5.4-mini', prompt })).text).toMatch(/\w/)
  expect((await warned).message).toContain('no room')
  await turnout.close()
})

describe('a configuration', () => {
  test('may be a file, whose pools and models hold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'turnout-library-'))
    const path = join(folder, 'turnout.yaml')
    await writeFile(path, 'models: [{ id: mine, provider: openai, upstreamId: gpt-5.4-mini, output: [text] }]\n')
    await using turnout = await createTurnout({ env: environmentOf(world.emulator), configuration: path })
    expect(await turnout.text.generate({ model: 'mine', prompt })).toMatchObject({ model: 'mine', provider: 'openai' })
    expect(turnout.models.find(({ id }) => id === 'mine')).toMatchObject({ available: true })
    await rm(folder, { recursive: true })
  })

  test.each<[string, object | string, RegExp]>([
    ['a field that there is not', { pool: {} }, /\n {2}pool: is not known here/],
    [
      'a member that there is not',
      { pools: { a: { members: ['nobody'] } } },
      /\n {2}pools\.a\.members\[0\]: names a model/,
    ],
    ['a role without its pool', { roles: { a: { pool: 'b' } } }, /roles\.a\.pool: names a pool that does not exist/],
    ['a file that is not there', '/nowhere/turnout.yaml', /cannot be read \(ENOENT\)/],
  ])('with %s is refused', async (_, configuration, told) => {
    await expect(createTurnout({ env: {}, configuration: configuration as object })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(told),
    })
  })

  test('with what can be used in part tells the rest', async () => {
    await using turnout = await createTurnout({
      env: {},
      configuration: { providers: { house: { baseUrl: 'http://localhost:1', credential: 'env:NOT_THERE' } } },
    })
    expect(turnout.problems).toEqual([expect.objectContaining({ message: expect.stringContaining('NOT_THERE') })])
  })

  test("may be the process's own environment", async () => {
    await using turnout = await createTurnout({ env: process.env })
    await using usual = await createTurnout()
    expect(turnout.models.length).toBe(usual.models.length)
  })

  test('takes options by their names alone', async () => {
    await expect(createTurnout({ discover: true } as never)).rejects.toMatchObject({ param: 'discover' })
    await expect(createTurnout({ fetchAllowPrivate: ['a b'] })).rejects.toMatchObject({ param: 'fetchAllowPrivate' })
  })
})

test('engines on this machine are looked for when that is asked for', async () => {
  const env = (emulator: LibraryWorld['emulator']) => ({ LMSTUDIO_BASE_URL: `${emulator.baseUrl('lmstudio')}/v1` })
  const emulator = await startEmulator()
  const without = await createTurnout({ env: env(emulator) })
  expect(without.models.filter(({ provider }) => provider === 'lmstudio')).toEqual([])
  const turnout = await createTurnout({ env: env(emulator), discovery: true })
  const found = turnout.models.find(({ provider, output }) => provider === 'lmstudio' && output[0] === 'text')
  expect(await turnout.text.generate({ model: found!.id, prompt })).toMatchObject({ provider: 'lmstudio', cost: '0' })
  await Promise.all([without.close(), turnout.close(), emulator.close()])
})

test('links to private places are followed only where that is allowed', async () => {
  const { url } = world.emulator
  const content = [{ type: 'image' as const, image: `${url}/picture.png` }]
  const call = { model: 'gemini-3.8-flash', messages: [{ role: 'user' as const, content }] }
  await expect(world.turnout.text.generate(call)).rejects.toMatchObject({ code: 'invalid_input', param: 'messages' })
  expect(world.emulator.requests()).toEqual([])
  await using turnout = await createTurnout({ env: environmentOf(world.emulator), fetchAllowPrivate: ['127.0.0.1'] })
  await expect(turnout.text.generate(call)).rejects.toMatchObject({ message: expect.stringContaining('404') })
})
