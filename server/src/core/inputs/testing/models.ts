import type { Model, ModelPatch } from '@turnout/contract'

/** A record as the registry would complete it. */
export const modelOf = (record: Partial<ModelPatch> & { id?: string } = {}): Model =>
  ({
    id: 'painter',
    name: record.id ?? 'painter',
    aliases: [],
    provider: 'fal',
    upstreamId: 'studio/painter',
    input: ['text', 'image'],
    output: ['image'],
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
    provenance: { layer: 'catalog', overrides: [], fields: {} },
    available: true,
    ...record,
  }) as Model
