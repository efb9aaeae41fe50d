import { LAYERS, type Layer, type Model, type ModelPatch, type Provenance } from '@turnout/contract'
import type { Detection } from './detect.ts'
import { GENERIC_PROVIDER } from './generic.ts'
import { guessOutput } from './modality.ts'

/** What one source says of models. */
export interface LayerRecords {
  layer: Layer
  records: readonly ModelPatch[]
  /** How the source found providers that nobody named, by the id of the model. */
  detections?: ReadonlyMap<string, Detection>
}

/** A model before anybody has looked whether it can be served. */
export type MergedModel = Omit<Model, 'available' | 'unavailable'>

export interface MergeOptions {
  /** The day, as `2026-12-31` in UTC. A model that retires before it is retired. */
  today: string
  detect(name: string): Detection
  /** What is known of a provider's model, whatever a source calls it; it counts as the weakest layer. */
  knowledge(provider: string, upstreamId: string): ModelPatch | undefined
}

/** These are merged key by key; everything else is replaced whole. */
const BY_KEY = ['capabilities', 'limits', 'flags', 'settings', 'defaults', 'retry', 'timeouts'] as const
const BY_KEY_SET: ReadonlySet<string> = new Set(BY_KEY)

/** What stays true of a provider's model under another id. */
const KNOWLEDGE = [
  'input',
  'output',
  'capabilities',
  'limits',
  'inputs',
  'transform',
  'prices',
  'lifecycle',
  'flags',
] as const

interface Contribution {
  layer: Layer
  record: ModelPatch
  detection?: Detection
}

/** All models that the layers speak of, by id, each with where it came from. */
export function mergeLayers(layers: readonly LayerRecords[], options: MergeOptions): Map<string, MergedModel> {
  const contributions = new Map<string, Contribution[]>()
  const weakestFirst = [...layers].sort((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer))
  for (const { layer, records, detections } of weakestFirst) {
    for (const record of records) {
      const known = contributions.get(record.id) ?? []
      known.push({ layer, record, detection: detections?.get(record.id) })
      contributions.set(record.id, known)
    }
  }
  return new Map([...contributions].map(([id, found]) => [id, mergeModel(id, found, options)]))
}

function mergeModel(id: string, contributions: readonly Contribution[], options: MergeOptions): MergedModel {
  let merged = overlay(contributions)
  const detection =
    merged.patch.provider === undefined ? detectFor(id, contributions, merged.patch, options) : undefined
  const provider = merged.patch.provider ?? detection!.provider
  const upstreamId = merged.patch.upstreamId ?? id
  const layers = new Set(contributions.map(({ layer }) => layer))
  if (!layers.has('catalog')) {
    const known = options.knowledge(provider, upstreamId)
    if (known) {
      merged = overlay([{ layer: 'catalog', record: { ...pick(known), id } }, ...contributions])
      layers.add('catalog')
    }
  }
  const overrides = LAYERS.filter((layer) => layers.has(layer))
  const provenance: Provenance = {
    layer: overrides.pop()!,
    overrides,
    fields: merged.fields,
    ...(detection && { detection: { provider: detection.provider, reason: detection.reason } }),
  }
  return complete(merged.patch, { id, provider, upstreamId, provenance, today: options.today })
}

/** Each record over the one before, and which layer each field came from. */
function overlay(contributions: readonly Contribution[]) {
  const patch: Record<string, unknown> = {}
  const fields: Record<string, Layer> = {}
  for (const { layer, record, detection } of contributions) {
    for (const [field, value] of Object.entries(record)) {
      if (field === 'id' || value === undefined) continue
      // A provider that was only guessed does not stand above one that was named.
      if (field === 'provider' && detection?.provider === value) continue
      fields[field] = layer
      if (!BY_KEY_SET.has(field)) {
        patch[field] = value
        continue
      }
      patch[field] = { ...(patch[field] as object | undefined), ...(value as object) }
      for (const key of Object.keys(value as object)) fields[`${field}.${key}`] = layer
    }
  }
  return { patch: patch as Partial<ModelPatch>, fields }
}

function detectFor(
  id: string,
  contributions: readonly Contribution[],
  { name, upstreamId }: Partial<ModelPatch>,
  { detect }: MergeOptions,
): Detection {
  const stated = contributions.findLast(({ detection }) => detection !== undefined)?.detection
  if (stated) return stated
  const first = detect(upstreamId ?? id)
  const second = name === undefined ? undefined : detect(name)
  return second && first.provider === GENERIC_PROVIDER && second.provider !== GENERIC_PROVIDER ? second : first
}

const pick = (known: ModelPatch): Partial<ModelPatch> =>
  Object.fromEntries(KNOWLEDGE.filter((field) => known[field] !== undefined).map((field) => [field, known[field]]))

interface Identity {
  id: string
  provider: string
  upstreamId: string
  provenance: Provenance
  today: string
}

function complete(patch: Partial<ModelPatch>, { today, ...identity }: Identity): MergedModel {
  const { retiresAt, ...lifecycle } = patch.lifecycle ?? { status: 'active' as const }
  return {
    aliases: [],
    input: ['text'],
    output: [guessOutput(identity.provider, identity.upstreamId)],
    capabilities: {},
    limits: {},
    defaults: {},
    enabled: true,
    tags: [],
    flags: {},
    settings: {},
    retry: {},
    timeouts: {},
    ...patch,
    ...identity,
    name: patch.name ?? identity.id,
    prices: patch.prices ?? null,
    lifecycle: {
      ...lifecycle,
      ...(retiresAt !== undefined && { retiresAt }),
      ...(retiresAt !== undefined && retiresAt < today && { status: 'retired' as const }),
    },
  }
}
