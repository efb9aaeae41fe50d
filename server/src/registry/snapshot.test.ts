import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TurnoutError } from '../core/error.ts'
import { CATALOG, CREDENTIAL, World } from './fixtures.ts'
import type { Registry, Resolution } from './types.ts'

let world: World

beforeEach(() => {
  world = new World()
})
afterEach(() => world.end())

async function withFile(text: string, options: Parameters<World['registry']>[0] = {}): Promise<Registry> {
  const configFile = join(await world.directory(), 'turnout.yaml')
  await writeFile(configFile, text)
  return world.registry({ configFile, ...options })
}

function refusal(registry: Registry, name: string): TurnoutError {
  try {
    registry.snapshot.resolve(name)
  } catch (error) {
    if (error instanceof TurnoutError) return error
  }
  throw new Error(`${name} was resolved, or failed otherwise`)
}

const idOf = ({ deployment }: Resolution) => deployment.model.id

describe('resolve', () => {
  test.each([
    ['painter-3', 'painter-3'],
    ['painter', 'painter-3'],
    ['openai/painter-3', 'painter-3'],
    ['writer-5', 'writer-5'],
    ['openai/writer-5-2026', 'writer-5'],
    ['PAINTER-3', 'painter-3'],
    ['Painter', 'painter-3'],
    ['OpenAI/Writer-5-2026', 'writer-5'],
  ])('%s is %s', async (name, id) => {
    const { snapshot } = await world.registry()
    expect(idOf(snapshot.resolve(name))).toBe(id)
    expect(snapshot.find(name)?.id).toBe(id)
  })

  test('the exact spelling comes before the others, and an id before an alias', async () => {
    const { snapshot } = await withFile(`
models:
  - { id: Twin, provider: openai }
  - { id: twin, provider: openai }
  - { id: TWIN-ALIAS, provider: openai, aliases: [twin, tWin] }
`)
    expect(idOf(snapshot.resolve('Twin'))).toBe('Twin')
    expect(idOf(snapshot.resolve('twin'))).toBe('twin')
    expect(idOf(snapshot.resolve('tWin'))).toBe('TWIN-ALIAS')
    expect(idOf(snapshot.resolve('TWIN'))).toBe('twin')
    expect(snapshot.problems).toEqual([
      { layer: 'file', where: 'TWIN-ALIAS', message: 'The alias "twin" is not used: it is the id of twin.' },
    ])
  })

  test('an alias that two models claim goes to the stronger layer', async () => {
    const { snapshot } = await withFile('models: [{ id: mine, provider: openai, aliases: [painter] }]')
    expect(idOf(snapshot.resolve('painter'))).toBe('mine')
    expect(snapshot.problems).toEqual([
      {
        layer: 'catalog',
        where: 'painter-3',
        message: 'The alias "painter" is not used: it is also an alias of mine.',
      },
    ])
  })

  test.each(['constructor', '__proto__', 'toString', '', '/', 'a'.repeat(100_000)])('%.20j is nobody', async (name) => {
    const registry = await world.registry()
    expect(registry.snapshot.find(name)).toBeUndefined()
    expect(refusal(registry, name)).toMatchObject({ code: 'model_not_found', status: 404, param: 'model' })
    expect(refusal(registry, name).message.length).toBeLessThan(400)
  })

  test('an unknown model is answered with the nearest ones that can be used', async () => {
    const registry = await world.registry()
    const { message, details } = refusal(registry, 'writr-5')
    expect(message).toBe('There is no model "writr-5". The nearest ones are writer-5, writer-5-mini.')
    expect(details).toEqual({ nearest: ['writer-5', 'writer-5-mini'] })
  })
})

describe('a retired model', () => {
  test('is refused with its last living replacement and the day', async () => {
    const registry = await world.registry()
    expect(refusal(registry, 'writer-3')).toMatchObject({
      code: 'model_retired',
      status: 410,
      param: 'model',
      message: 'Model writer-3 was retired by openai on 2026-03-01. Use writer-5 instead.',
    })
    expect(registry.snapshot.find('writer-3')).toMatchObject({ available: false, lifecycle: { status: 'retired' } })
  })

  test('is not retired before its day', async () => {
    const { snapshot } = await world.registry({ now: () => Date.parse('2026-03-01T23:59:59Z') })
    expect(idOf(snapshot.resolve('writer-3'))).toBe('writer-3')
  })

  test('is served by its replacement where the configuration says so', async () => {
    const registry = await withFile('retiredModels: substitute')
    const resolution = registry.snapshot.resolve('writer-3')
    expect(idOf(resolution)).toBe('writer-5')
    expect(resolution.substitutedFor).toBe('writer-3')
    expect(registry.snapshot.resolve('writer-5').substitutedFor).toBeUndefined()
  })

  test('is refused where replacements lead in a circle, to nothing or to what cannot be used', async () => {
    const registry = await withFile(`
retiredModels: substitute
models:
  - { id: old, provider: openai, lifecycle: { status: retired } }
  - { id: older, provider: openai, lifecycle: { status: retired, replacedBy: not-listed } }
  - { id: oldest, provider: openai, lifecycle: { status: retired, replacedBy: cloud-writer } }
`)
    const messages = ['loop-a', 'loop-b', 'old', 'older', 'oldest'].map((name) => refusal(registry, name).message)
    expect(messages).toEqual([
      'Model loop-a was retired by openai. It has no replacement.',
      'Model loop-b was retired by openai. It has no replacement.',
      'Model old was retired by openai. It has no replacement.',
      'Model older was retired by openai. Use not-listed instead.',
      'Model oldest was retired by openai. Use cloud-writer instead.',
    ])
  })
})

describe('a model that cannot be used', () => {
  const cases: [title: string, text: string, model: string, env: Record<string, string>, hint: RegExp][] = [
    ['no credential', '', 'writer-5', {}, /set OPENAI_API_KEY, or providers\.openai\.credential in turnout\.yaml/],
    ['no adapter', '', 'cloud-writer', {}, /has no cloud adapter/],
    [
      'disabled',
      'models: [{ id: writer-5, enabled: false }]',
      'writer-5',
      { OPENAI_API_KEY: 'k' },
      /set its enabled to true/,
    ],
    [
      'disabled provider',
      'providers: { openai: { enabled: false } }',
      'writer-5',
      { OPENAI_API_KEY: 'k' },
      /providers\.openai\.enabled/,
    ],
    [
      'variable not set',
      'providers: { openai: { credential: "env:MY_KEY" } }',
      'writer-5',
      {},
      /Variable MY_KEY is not set/,
    ],
    [
      "model's own variable not set",
      'models: [{ id: writer-5, credential: "env:MY_KEY" }]',
      'writer-5',
      { OPENAI_API_KEY: 'k' },
      /Variable MY_KEY is not set/,
    ],
    ['no address', 'models: [{ id: mine, provider: openai-compatible }]', 'mine', {}, /give the model a baseUrl/],
  ]
  test.each(cases)('%s: says what to do', async (_, text, model, env, hint) => {
    const registry = await withFile(text, { env })
    expect(refusal(registry, model)).toMatchObject({ code: 'model_not_enabled', status: 403, param: 'model' })
    expect(refusal(registry, model).message).toMatch(hint)
    expect(registry.snapshot.find(model)?.unavailable).toMatch(hint)
  })
})

describe('a deployment', () => {
  test('takes retries and timeouts from defaults, presets, file, provider and model, the later over the earlier', async () => {
    const { snapshot } = await withFile(`
retry: { maxRetries: 5, backoffBase: 2, backoffFactor: 3 }
timeouts: { connectMs: 1, firstPartMs: 1, stallMs: 1 }
providers:
  openai: { retry: { backoffBase: 4 }, timeouts: { firstPartMs: 2, stallMs: 2 } }
models:
  - { id: writer-5, retry: { backoffFactor: 6 }, timeouts: { stallMs: 3 } }
`)
    const { retry, timeouts } = snapshot.resolve('writer-5').deployment
    expect(retry).toEqual({ maxRetries: 5, backoffBase: 4, backoffFactor: 6, maxRetryAfter: 60 })
    expect(timeouts).toEqual({ connectMs: 1, firstPartMs: 2, stallMs: 3, totalMs: 600_000 })
  })

  test('has what the provider needs, and the prices ready', async () => {
    const { snapshot } = await withFile('providers: { openai: { headers: { x-team: "env:TEAM", x-plain: a } } }', {
      env: { OPENAI_API_KEY: CREDENTIAL, TEAM: 'red' },
    })
    const { deployment } = snapshot.resolve('painter')
    expect(deployment).toMatchObject({
      upstreamId: 'painter-3',
      provider: {
        id: 'openai',
        adapter: 'openai',
        baseUrl: 'https://api.openai.test/v1',
        credential: CREDENTIAL,
        headers: { 'x-team': 'red', 'x-plain': 'a' },
        local: false,
        emulated: false,
      },
      prices: { byUnit: new Map([['image', [expect.objectContaining({ nano: 40_000_000n })]]]) },
    })
    expect(snapshot.providers.get('openai')?.credential).toBe(CREDENTIAL)
    expect([...snapshot.providers.keys()]).toEqual(['openai'])
  })

  test('of a local engine has no prices and its own patience and flags', async () => {
    const { snapshot } = await withFile(`
models:
  - id: home
    provider: lmstudio
    prices: { rates: [{ unit: request, usd: '1' }], source: none, asOf: 2026-01-01 }
    flags: { developerRole: true }
`)
    const { deployment } = snapshot.resolve('home')
    expect(deployment).toMatchObject({ prices: null, provider: { local: true }, timeouts: { firstPartMs: 600_000 } })
    expect(deployment.model.flags).toEqual({ tokenField: 'max_tokens', developerRole: true })
  })

  test('of a provider of the file, with nothing but an address', async () => {
    const { snapshot } = await withFile(`
providers: { vllm: { baseUrl: 'http://gpu.test:8000/v1/' } }
models: [{ id: big, provider: vllm }]
`)
    expect(snapshot.resolve('vllm/big').deployment.provider).toMatchObject({
      id: 'vllm',
      adapter: 'openai-compatible',
      baseUrl: 'http://gpu.test:8000/v1',
      credential: undefined,
    })
  })
})

test('emulated providers are marked, and the others stay unconfigured', async () => {
  const { snapshot } = await world.registry({
    env: {},
    emulated: new Map([['openai', { root: 'http://emulator.test', credential: 'emulated', settings: {} }]]),
  })
  expect(snapshot.resolve('writer-5').deployment.provider).toMatchObject({
    baseUrl: 'http://emulator.test/v1',
    credential: 'emulated',
    emulated: true,
  })
  expect(snapshot.find('cloud-writer')?.available).toBe(false)
})

test('the file decides on the catalog and on the default limit', async () => {
  const { snapshot } = await withFile(`
catalog: false
limits: { requestsPerMinute: 7 }
models: [{ id: writer-5 }, { id: mine, provider: openai, upstreamId: painter-3 }]
`)
  expect(snapshot.models.map(({ id }) => id)).toEqual(['mine', 'writer-5'])
  expect(snapshot.find('mine')).toMatchObject({ output: ['image'], prices: { source: 'the test' } })
  expect(snapshot.find('writer-5')?.upstreamId).toBe('writer-5-2026')
  expect(snapshot.defaultRequestsPerMinute).toBe(7)
})

test('models of the environment are found by index, and the prompt model with them', async () => {
  const env = {
    MODEL_COUNT: '2',
    MODEL_1_NAME: 'Zebra Writer',
    MODEL_1_BASE_URL: 'http://one.test/v1',
    MODEL_1_KEY: 'first-secret-4711',
    MODEL_2_NAME: 'Zebra Reader',
    MODEL_2_BASE_URL: 'http://two.test/v1',
    PROMPT_MODEL_INDEX: '2',
  }
  const { snapshot } = await world.registry({ env })
  expect(snapshot.byIndex(1)?.name).toBe('Zebra Writer')
  expect(snapshot.byIndex(3)).toBeUndefined()
  expect(snapshot.promptModel?.name).toBe('Zebra Reader')
  const model = snapshot.byIndex(1)
  expect(model?.provenance).toMatchObject({ layer: 'environment', detection: { provider: 'openai-compatible' } })
  expect(snapshot.resolve(model!.id).deployment.provider).toMatchObject({
    baseUrl: 'http://one.test/v1',
    credential: 'first-secret-4711',
  })
  expect(JSON.stringify([snapshot.models, snapshot.problems])).not.toContain('first-secret-4711')
})

test('models are sorted by id', async () => {
  const { snapshot } = await world.registry()
  const ids = snapshot.models.map(({ id }) => id)
  expect(ids).toEqual([...ids].sort())
  expect(ids).toHaveLength(CATALOG.length)
})

test('no credential is part of what the registry shows', async () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{16,40}$/)
  await fc.assert(
    fc.asyncProperty(secret, fc.constantFrom('', '\n', '\u0001x'), async (text, flaw) => {
      const value = `${text}${flaw}`
      const directory = await world.directory()
      await writeFile(join(directory, 'secret'), value)
      const configFile = join(directory, 'turnout.yaml')
      await writeFile(
        configFile,
        `
providers:
  openai: { credential: "env:A", headers: { x-a: "file:secret" } }
  mine: { baseUrl: "http://mine.test", credential: "file:secret", headers: { x-b: "env:A" } }
models:
  - { id: m, provider: mine }
  - { id: n, credential: "env:A" }
  - { id: o, provider: cloud, credential: "file:secret" }
`,
      )
      const lines: unknown[] = []
      const log = (...line: unknown[]) => void lines.push(line)
      const { snapshot } = await world.registry({
        configFile,
        env: { A: value, OPENAI_API_KEY: value, MODEL_COUNT: '1', MODEL_1_NAME: 'x', MODEL_1_KEY: value },
        log: { info: log, warn: log, error: log },
      })
      const errors = ['m', 'n', 'o', 'x'].map((name) => {
        try {
          snapshot.resolve(name)
          return ''
        } catch (error) {
          return (error as Error).message
        }
      })
      expect(JSON.stringify([snapshot.models, snapshot.problems, errors, lines])).not.toContain(text)
    }),
    { numRuns: 20 },
  )
})
