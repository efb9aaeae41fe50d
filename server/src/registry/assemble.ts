import type { ModelPatch } from '@turnout/contract'
import type { ProviderConnection } from '../core/deployment.ts'
import type { ProviderPreset } from './catalog/providers.ts'
import { connect } from './connect.ts'
import type { SecretReader } from './credentials.ts'
import { type Placed, place } from './deployments.ts'
import { detectProvider } from './detect.ts'
import type { EnvironmentSource } from './environment.ts'
import type { ParsedFile } from './file/parse.ts'
import { type LayerRecords, mergeLayers } from './merge.ts'
import { type Emulation, type ProviderSetup, setUpProviders } from './providers.ts'
import type { EnvironmentRouting } from './routing/environment.ts'
import { ROUTING_PRESETS } from './routing/preset.ts'
import { mergeRouting, type RoutingLayer } from './routing/types.ts'
import { createSnapshot } from './snapshot.ts'
import type { Problem, Snapshot } from './types.ts'

/** What all sources say at one moment. */
export interface Sources {
  version: number
  catalog: readonly ModelPatch[]
  presets: readonly ProviderPreset[]
  discovered: { models: readonly ModelPatch[]; providers: ReadonlySet<string> }
  environment: EnvironmentSource
  routing: EnvironmentRouting
  databaseRouting: RoutingLayer | undefined
  file: ParsedFile
  database: readonly ModelPatch[]
  /** What the sources found wrong themselves. */
  problems: readonly Problem[]
  adapters: ReadonlySet<string>
  emulated: ReadonlyMap<string, Emulation> | undefined
  readSecret: SecretReader
  /** The day in UTC, as `2026-12-31`. */
  today: string
}

/** The registry as these sources make it, and where engines on the user's own machines may be. */
export function assemble(sources: Sources): { snapshot: Snapshot; candidates: ProviderConnection[] } {
  const { configuration } = sources.file
  const { setups, problems } = setUpProviders({
    presets: sources.presets,
    environment: sources.environment.providers,
    file: sources.file,
    discovered: sources.discovered.providers,
    emulated: sources.emulated,
    readSecret: sources.readSecret,
  })
  const merged = mergeLayers(layersOf(sources), {
    today: sources.today,
    detect: detectProvider,
    knowledge: knowledgeOf(sources.catalog),
  })
  const inputs = {
    setups,
    adapters: sources.adapters,
    readSecret: sources.readSecret,
    retry: configuration.retry,
    timeouts: configuration.timeouts,
  }
  const { databaseRouting } = sources
  const routing = mergeRouting([
    sources.routing.layer,
    ...fileRouting(sources.file),
    ...(databaseRouting ? [databaseRouting] : []),
  ])
  const placed: Placed[] = []
  for (const model of merged.values()) {
    const wanted = configuration.catalog || model.provenance.layer !== 'catalog'
    if (wanted) placed.push(place(model, inputs))
  }
  const snapshot = createSnapshot({
    version: sources.version,
    placed,
    providers: usableProviders(setups, placed, sources.adapters),
    problems: [...sources.problems, ...sources.environment.problems, ...sources.routing.problems, ...problems],
    routing,
    localProviders: new Set([...setups.values()].filter(({ local }) => local).map(({ id }) => id)),
    substitute: configuration.retiredModels === 'substitute',
    indexes: new Map(sources.environment.models.map(({ index, patch }) => [index, patch.id])),
    promptModelIndex: sources.environment.promptModelIndex,
    defaultRequestsPerMinute: configuration.limits.requestsPerMinute,
  })
  return { snapshot, candidates: configuration.discovery ? localProviders(setups, sources.adapters) : [] }
}

/** What the file says of routing: its preset, and over it its own pools and roles. */
export function fileRouting({ configuration, where }: ParsedFile): RoutingLayer[] {
  const { preset, pools, roles } = configuration
  return [
    ...(preset ? [{ layer: 'file' as const, ...ROUTING_PRESETS[preset], where: () => where(['preset']) }] : []),
    { layer: 'file', pools, roles, where },
  ]
}

function layersOf({ catalog, discovered, environment, routing, file, database }: Sources): LayerRecords[] {
  const detections = new Map(
    environment.models.flatMap(({ patch, detection }) => (detection ? [[patch.id, detection] as const] : [])),
  )
  const { discovery, models } = file.configuration
  return [
    { layer: 'catalog', records: catalog },
    { layer: 'discovered', records: discovery ? discovered.models : [] },
    {
      layer: 'environment',
      records: [...routing.models, ...environment.models.map(({ patch }) => patch)],
      detections,
    },
    { layer: 'file', records: models },
    { layer: 'database', records: database },
  ]
}

/** The catalog by what providers call their models. */
function knowledgeOf(catalog: readonly ModelPatch[]): (provider: string, upstreamId: string) => ModelPatch | undefined {
  const known = new Map<string, ModelPatch>()
  for (const record of catalog) {
    if (record.provider === undefined) continue
    // The first one stands for the plain model; later ones are variants of it.
    const key = `${record.provider}/${record.upstreamId ?? record.id}`
    if (!known.has(key)) known.set(key, record)
  }
  return (provider, upstreamId) => known.get(`${provider}/${upstreamId}`)
}

/** The providers that can be called: as configured, or as the first of the models that bring their own credential calls it. */
function usableProviders(
  setups: ReadonlyMap<string, ProviderSetup>,
  placed: readonly Placed[],
  adapters: ReadonlySet<string>,
): Map<string, ProviderConnection> {
  const usable = new Map<string, ProviderConnection>()
  for (const [id, setup] of setups) {
    if (!setup.configured || !adapters.has(setup.adapter)) continue
    const connected = connect(setup)
    if (connected.ok) usable.set(id, connected.connection)
  }
  for (const { deployment } of placed) {
    if (deployment && !usable.has(deployment.provider.id)) usable.set(deployment.provider.id, deployment.provider)
  }
  return usable
}

function localProviders(
  setups: ReadonlyMap<string, ProviderSetup>,
  adapters: ReadonlySet<string>,
): ProviderConnection[] {
  return [...setups.values()].flatMap((setup) => {
    if (!setup.local || !adapters.has(setup.adapter)) return []
    const connected = connect(setup)
    return connected.ok && !connected.connection.emulated ? [connected.connection] : []
  })
}
