import { expect, test } from 'vitest'
import { type LayerRecords, type MergeOptions, mergeLayers } from './merge.ts'

const options: MergeOptions = {
  today: '2026-06-01',
  detect: (name) => ({ provider: name.startsWith('gpt') ? 'openai' : 'openai-compatible', reason: `by ${name}` }),
  knowledge: () => undefined,
}

const merge = (layers: LayerRecords[], more: Partial<MergeOptions> = {}) => mergeLayers(layers, { ...options, ...more })

test('a lone record gets the defaults', () => {
  const model = merge([{ layer: 'file', records: [{ id: 'gpt-x' }] }]).get('gpt-x')
  expect(model).toEqual({
    id: 'gpt-x',
    name: 'gpt-x',
    aliases: [],
    provider: 'openai',
    upstreamId: 'gpt-x',
    input: ['text'],
    output: ['text'],
    capabilities: {},
    limits: {},
    prices: null,
    defaults: {},
    lifecycle: { status: 'active' },
    enabled: true,
    tags: [],
    flags: {},
    settings: {},
    retry: {},
    timeouts: {},
    provenance: {
      layer: 'file',
      overrides: [],
      fields: {},
      detection: { provider: 'openai', reason: 'by gpt-x' },
    },
  })
})

test('objects merge by key, everything else is replaced, and each field says where it came from', () => {
  const prices = { rates: [{ unit: 'image' as const, usd: '1', per: 1 }], source: 'x', asOf: '2026-01-01' }
  const model = merge([
    { layer: 'database', records: [{ id: 'm', prices: null, capabilities: { tools: false }, tags: ['c'] }] },
    {
      layer: 'catalog',
      records: [
        {
          id: 'm',
          provider: 'openai',
          prices,
          capabilities: { tools: true, vision: true },
          tags: ['a', 'b'],
          lifecycle: { status: 'deprecated', retiresAt: '2027-01-01', replacedBy: 'n' },
        },
      ],
    },
    { layer: 'file', records: [{ id: 'm', lifecycle: { status: 'active' }, defaults: { temperature: 0 } }] },
  ]).get('m')
  expect(model).toMatchObject({
    prices: null,
    capabilities: { tools: false, vision: true },
    tags: ['c'],
    lifecycle: { status: 'active' },
    defaults: { temperature: 0 },
  })
  expect(model?.lifecycle).not.toHaveProperty('replacedBy')
  expect(model?.provenance).toEqual({
    layer: 'database',
    overrides: ['catalog', 'file'],
    fields: {
      provider: 'catalog',
      prices: 'database',
      capabilities: 'database',
      'capabilities.tools': 'database',
      'capabilities.vision': 'catalog',
      tags: 'database',
      lifecycle: 'file',
      defaults: 'file',
      'defaults.temperature': 'file',
    },
  })
})

test('a record in one layer hides no record of another', () => {
  const models = merge([
    { layer: 'catalog', records: [{ id: 'a' }, { id: 'b' }] },
    { layer: 'database', records: [{ id: 'b', enabled: false }, { id: 'c' }] },
  ])
  expect([...models.keys()].sort()).toEqual(['a', 'b', 'c'])
  expect(models.get('a')?.provenance.layer).toBe('catalog')
})

test('a provider that somebody names wins over one that was guessed, from whatever layer', () => {
  const detections = new Map([['m', { provider: 'openai', reason: 'a guess' }]])
  const environment: LayerRecords = { layer: 'environment', records: [{ id: 'm', provider: 'openai' }], detections }
  expect(merge([environment]).get('m')).toMatchObject({
    provider: 'openai',
    provenance: { detection: { provider: 'openai', reason: 'a guess' } },
  })
  const named = merge([{ layer: 'catalog', records: [{ id: 'm', provider: 'fal' }] }, environment]).get('m')
  expect(named?.provider).toBe('fal')
  expect(named?.provenance.detection).toBeUndefined()
})

test.each([
  ['the upstream id before the id', { id: 'x', upstreamId: 'gpt-5' }, 'openai', 'by gpt-5'],
  ['the name where the id says nothing', { id: 'x', name: 'gpt for all' }, 'openai', 'by gpt for all'],
  ['nothing', { id: 'x', name: 'mine' }, 'openai-compatible', 'by x'],
])('a provider that nobody names is detected from %s', (_, record, provider, reason) => {
  const model = merge([{ layer: 'database', records: [record] }]).get('x')
  expect(model?.provenance.detection).toEqual({ provider, reason })
  expect(model?.provider).toBe(provider)
})

test('a model under another id keeps what is known of its upstream model', () => {
  const model = merge(
    [{ layer: 'file', records: [{ id: 'fast', provider: 'p', upstreamId: 'u', limits: { images: 1 } }] }],
    {
      knowledge: (provider, upstreamId) =>
        provider === 'p' && upstreamId === 'u'
          ? { id: 'u', name: 'U', aliases: ['v'], output: ['image'], limits: { images: 9, inputImages: 2 } }
          : undefined,
    },
  ).get('fast')
  expect(model).toMatchObject({
    id: 'fast',
    name: 'fast',
    aliases: [],
    output: ['image'],
    limits: { images: 1, inputImages: 2 },
  })
  expect(model?.provenance).toMatchObject({ layer: 'file', overrides: ['catalog'], fields: { output: 'catalog' } })
})

test.each([
  ['bfl', 'anything', 'image'],
  ['openai', 'text-embedding-9', 'embedding'],
  ['fal', 'acme/flux-9', 'image'],
  ['openai', 'gpt-9', 'text'],
])('what %s makes of %s is guessed as %s', (provider, upstreamId, output) => {
  const model = merge([{ layer: 'file', records: [{ id: 'm', provider, upstreamId }] }]).get('m')
  expect(model?.output).toEqual([output])
})

test.each([
  ['2026-05-31', 'retired'],
  ['2026-06-01', 'deprecated'],
  ['2026-06-02', 'deprecated'],
])('on 2026-06-01 a model that retires at %s is %s', (retiresAt, status) => {
  const records = [{ id: 'm', lifecycle: { status: 'deprecated' as const, retiresAt } }]
  expect(merge([{ layer: 'catalog', records }]).get('m')?.lifecycle).toEqual({ status, retiresAt })
})
