import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createRegistry } from '../index.ts'
import type { Registry } from '../types.ts'

const dir = mkdtempSync(join(tmpdir(), 'turnout-routing-'))
const log = { info() {}, warn() {}, error() {} }
let opened: Registry[] = []
afterEach(async () => {
  for (const registry of opened) await registry.close()
  opened = []
  rmSync(dir, { recursive: true, force: true })
})

const KEYS = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' }

async function open(yaml = '', env: Record<string, string> = {}): Promise<Registry> {
  const configFile = join(mkdtempSync(`${dir}-`), 'turnout.yaml')
  writeFileSync(configFile, yaml)
  const adapters = new Set(['openai', 'anthropic', 'openai-compatible'])
  const registry = await createRegistry({ env: { ...KEYS, ...env }, configFile, adapters, log })
  opened.push(registry)
  return registry
}

const idsOf = (registry: Registry, name: string, product?: string) =>
  registry.snapshot.route(name, product).candidates.map(({ deployment }) => deployment.model.id)

const problemsOf = async (yaml: string) => {
  const error = await open(yaml).catch(
    (thrown: unknown) => thrown as { details?: { where: string; message: string }[] },
  )
  return 'details' in error ? error.details!.map(({ where, message }) => `${where}: ${message}`) : []
}

describe('pools and roles of the file', () => {
  const YAML = `
pools:
  fast:
    strategy: weighted
    members: [gpt-5.4-nano, { model: gpt-5.4-mini, weight: 3, when: { maxInputTokens: 1000 } }]
    retry: { maxRetries: 0 }
    fallback: { max: 1, on: { content_policy: true, timeout: false }, deadlineMs: 5000 }
  broad:
    members: [{ model: pool:fast, weight: 4, when: { maxInputTokens: 500 } }, claude-sonnet-5]
  elsewhere:
    members: [fal/flux-2-pro, gpt-5.4]
  nowhere:
    members: [fal/flux-2-pro]
roles:
  writer: { pool: broad, products: { landing: fast } }
`

  test('are routes of the models they name', async () => {
    const registry = await open(YAML)
    const route = registry.snapshot.route('pool:fast')
    expect(route).toMatchObject({
      name: 'pool:fast',
      pool: 'fast',
      strategy: 'weighted',
      degrade: false,
      candidates: [
        { weight: 1, deployment: { retry: { maxRetries: 0 } } },
        { weight: 3, when: { maxInputTokens: 1000 } },
      ],
      fallback: { max: 1, deadlineMs: 5000, on: { content_policy: true, timeout: false, overloaded: true } },
    })
    expect(registry.snapshot.route('pool:fast')).toBe(route)
    // A pool may be asked for like a model.
    expect(registry.snapshot.route('fast')).toBe(route)
  })

  test('stand within one another', async () => {
    const registry = await open(YAML)
    const { candidates } = registry.snapshot.route('pool:broad')
    expect(candidates).toMatchObject([
      { deployment: { model: { id: 'gpt-5.4-nano' } }, weight: 1, when: { maxInputTokens: 500 } },
      { deployment: { model: { id: 'gpt-5.4-mini' } }, weight: 3, when: { maxInputTokens: 500 } },
      { deployment: { model: { id: 'claude-sonnet-5' } }, weight: 1 },
    ])
  })

  test('a role has a pool of its own for some product types', async () => {
    const registry = await open(YAML)
    expect(idsOf(registry, 'role:writer')).toEqual(['gpt-5.4-nano', 'gpt-5.4-mini', 'claude-sonnet-5'])
    expect(idsOf(registry, 'role:writer', 'landing')).toEqual(['gpt-5.4-nano', 'gpt-5.4-mini'])
    expect(registry.snapshot.route('role:writer', 'landing')).toMatchObject({ role: 'writer', productType: 'landing' })
    expect(registry.snapshot.route('role:writer', 'booking')).not.toHaveProperty('productType')
  })

  test('a member that cannot be called is passed over, with the reason', async () => {
    const registry = await open(YAML)
    expect(registry.snapshot.route('pool:elsewhere')).toMatchObject({
      candidates: [{ deployment: { model: { id: 'gpt-5.4' } } }],
      unavailable: [{ model: 'fal/flux-2-pro', reason: expect.stringContaining('fal') }],
    })
    expect(() => registry.snapshot.route('pool:nowhere')).toThrow(/No member of pool nowhere can be used/)
  })

  test('what does not exist is refused with what does', async () => {
    const registry = await open(YAML)
    expect(() => registry.snapshot.route('pool:slow')).toThrow(/no pool "slow"; there are pool:fast, pool:broad/)
    expect(() => registry.snapshot.route('role:reader')).toThrow(/no role "reader"; there are role:writer/)
  })
})

describe('a file is refused whole, with the path of the field, for', () => {
  test.each([
    [
      'a model that does not exist',
      'pools: { a: { members: [gpt-5.4, gpt-77] } }',
      'pools.a.members[1]',
      /names a model/,
    ],
    ['a pool without members', 'pools: { a: { members: [] } }', 'pools.a.members', /at least 1/],
    ['a pool within that does not exist', 'pools: { a: { members: [pool:b] } }', 'pools.a.members[0]', /names a pool/],
    [
      'pools that lead to themselves',
      'pools: { a: { members: [pool:b] }, b: { members: [gpt-5.4, pool:a] } }',
      'pools.a.members[0]',
      /leads back to itself: a > b > a|leads back/,
    ],
    ['a role without its pool', 'roles: { writer: { pool: a } }', 'roles.writer.pool', /names a pool/],
    [
      'a role whose model lacks what it needs',
      `
models: [{ id: blind, provider: openai, capabilities: { vision: false } }]
pools: { a: { members: [gpt-5.4-mini, blind] } }
roles: { refiner: { pool: a, needs: [vision] } }`,
      'roles.refiner.pool',
      /leads to blind, which lacks what the role needs: vision/,
    ],
  ])('%s', async (_, yaml, path, message) => {
    const problems = await problemsOf(yaml)
    const at = path.replace(/[[\]]/g, '\\$&')
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`${at}: .*${message.source}`)))
  })
})

test('the preset is one line, and its members without a provider are passed over', async () => {
  const registry = await open('preset: site-builder')
  expect(idsOf(registry, 'role:classifier')).toEqual(['gpt-5.4-nano', 'claude-haiku-4-5', 'gpt-5.4-mini'])
  expect(idsOf(registry, 'role:writer', 'landing')[0]).toBe('gpt-5.4-mini')
  expect(idsOf(registry, 'role:writer', 'ecommerce')[0]).toBe('gpt-5.4')
  expect(idsOf(registry, 'role:style_refiner', 'card')[0]).toBe('claude-sonnet-5')
  expect(registry.snapshot.problems).toEqual([])
})

describe('the environment', () => {
  const CATALOG = JSON.stringify({
    'light-1': {
      model: 'gpt-5.4-nano',
      base_url: 'https://api.openai.com/v1',
      capabilities: ['text'],
      max_tokens: 128000,
    },
    'stable-1': { model: 'house', base_url: 'http://10.0.0.9/v1', capabilities: ['text', 'vision'] },
  })

  test('names a model for a role', async () => {
    const registry = await open('', { MODEL_WRITER: 'gpt-5.4, claude-sonnet-5' })
    expect(idsOf(registry, 'role:writer')).toEqual(['gpt-5.4', 'claude-sonnet-5'])
  })

  test('gives pools by role and product type, over models of its own', async () => {
    const registry = await open('', {
      MODEL_CATALOG: CATALOG,
      MODEL_POOLS: JSON.stringify({
        classifier: ['light-1', 'stable-1'],
        writer: { default: ['stable-1', 'light-1'], landing: ['light-1'] },
      }),
    })
    expect(idsOf(registry, 'role:classifier')).toEqual(['light-1', 'stable-1'])
    expect(idsOf(registry, 'role:writer')).toEqual(['stable-1', 'light-1'])
    expect(idsOf(registry, 'role:writer', 'landing')).toEqual(['light-1'])
    const { candidates } = registry.snapshot.route('role:classifier')
    expect(candidates[0]!.deployment).toMatchObject({
      upstreamId: 'gpt-5.4-nano',
      provider: { id: 'openai', credential: 'a' },
      model: { capabilities: { vision: false }, limits: { contextTokens: 128000 } },
    })
    expect(candidates[1]!.deployment.provider).toMatchObject({ id: 'openai-compatible', baseUrl: 'http://10.0.0.9/v1' })
    expect(candidates[1]!.deployment.provider.credential).toBeUndefined()
  })

  test.each<[string, unknown, object]>([
    ['strategy', 'weighted', { strategy: 'weighted' }],
    ['fallback', { max: 1, on: { billing: false } }, { fallback: { max: 1, on: { billing: false, timeout: true } } }],
    ['degrade', true, { degrade: true }],
    ['hedge', { maxMs: 4000 }, { hedge: { percentile: 95, minMs: 100, maxMs: 4000, budget: 0.05 } }],
    ['retry', { maxRetries: 0 }, { candidates: [{ deployment: { retry: { maxRetries: 0 } } }] }],
    ['timeouts', { stallMs: 900 }, { candidates: [{ deployment: { timeouts: { stallMs: 900 } } }] }],
    ['stream', { commit: 'complete' }, { stream: { commit: 'complete' } }],
    ['cache', { ttlSeconds: 60, shared: true }, { cache: { ttlSeconds: 60, shared: true } }],
    ['validate', { minLength: 3 }, { validations: [{ minLength: 3 }] }],
  ])('gives all pools of a role its %s', async (setting, value, expected) => {
    const writer = { default: ['stable-1'], landing: 'light-1', [setting]: value }
    const registry = await open('', { MODEL_CATALOG: CATALOG, MODEL_POOLS: JSON.stringify({ writer }) })
    expect(registry.snapshot.problems).toEqual([])
    for (const [product, id] of [
      [undefined, 'stable-1'],
      ['landing', 'light-1'],
    ] as const) {
      expect(idsOf(registry, 'role:writer', product)).toEqual([id])
      expect(registry.snapshot.route('role:writer', product)).toMatchObject(expected)
    }
  })

  test('gives members their weight and their condition', async () => {
    const members = ['stable-1', { model: 'light-1', weight: 3, when: { maxInputTokens: 500 } }]
    for (const writer of [members, { default: members }]) {
      const registry = await open('', { MODEL_CATALOG: CATALOG, MODEL_POOLS: JSON.stringify({ writer }) })
      expect(registry.snapshot.route('role:writer').candidates).toMatchObject([
        { weight: 1, deployment: { id: 'stable-1' } },
        { weight: 3, when: { maxInputTokens: 500 }, deployment: { id: 'light-1' } },
      ])
    }
  })

  test('gives a role an experiment on its default pool', async () => {
    const experiment = { by: 'key', variants: { control: { weight: 9 }, light: { to: 'light-1' } } }
    const writer = { default: ['stable-1'], landing: ['light-1'], experiment }
    const registry = await open('', { MODEL_CATALOG: CATALOG, MODEL_POOLS: JSON.stringify({ writer }) })
    expect(registry.snapshot.problems).toEqual([])
    expect(registry.snapshot.route('role:writer').experiment).toMatchObject({
      name: 'writer',
      by: 'key',
      variants: [
        { name: 'control', weight: 9 },
        { name: 'light', weight: 1, to: 'light-1' },
      ],
    })
    expect(registry.snapshot.route('role:writer', 'landing').experiment).toBeUndefined()
    const variants = Array.from({ length: 40 }, (_, n) => {
      const { assignment, candidates } = registry.snapshot.route('role:writer', undefined, {
        requestId: 'req_1',
        keyId: `key_${n}`,
      })
      expect(candidates[0]!.deployment.model.id).toBe(assignment!.variant === 'light' ? 'light-1' : 'stable-1')
      return assignment!.variant
    })
    expect(new Set(variants)).toEqual(new Set(['control', 'light']))
    const odd = { ...writer, experiment: { variants: { odd: { to: 'pool:none' } } } }
    const broken = await open('', { MODEL_CATALOG: CATALOG, MODEL_POOLS: JSON.stringify({ writer: odd }) })
    expect(broken.snapshot.problems).toMatchObject([
      { message: expect.stringMatching(/leads to a model, pool or role/) },
    ])
  })

  test('is overridden by the file, record by record', async () => {
    const registry = await open('pools: { writer: { members: [gpt-5.4] } }', { MODEL_WRITER: 'claude-sonnet-5' })
    expect(idsOf(registry, 'role:writer')).toEqual(['gpt-5.4'])
  })

  test.each([
    ['MODEL_POOLS', '{', /not valid JSON/],
    ['MODEL_POOLS', '{"writer":[]}', /MODEL_POOLS/],
    ['MODEL_POOLS', '{"writer":{"default":["gpt-5.4"],"hedge":{"budget":2}}}', /MODEL_POOLS\.writer\.hedge\.budget/],
    ['MODEL_CATALOG', '{"a":{"model":"b","api_key":"sk-secret"}}', /never the secret/],
    ['MODEL_WRITER', ' , ', /must name a model/],
    ['MODEL_WRITER', 'gpt-77', /names a model that does not exist/],
    ['MODEL_PRESET', 'none', /must be one of site-builder/],
  ])('%s=%s is a warning that names the variable, and the rest loads', async (name, value, message) => {
    const registry = await open('', { [name]: value })
    const problems = registry.snapshot.problems.map(({ where, message: text }) => `${where}: ${text}`)
    expect(problems).toEqual([expect.stringMatching(message)])
    expect(problems[0]).not.toContain('sk-secret')
    expect(registry.snapshot.models.length).toBeGreaterThan(100)
  })
})
