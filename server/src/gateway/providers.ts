import type { Provider, ProviderOperation } from '@turnout/contract'
import type { ProviderAdapter } from '../core/adapter.ts'
import { PRESETS, type ProviderPreset } from '../registry/catalog/providers.ts'
import { credentialVariables } from '../registry/environment.ts'
import type { Registry } from '../registry/types.ts'
import type { ProviderHealth } from './health.ts'

export interface DirectoryServices {
  registry: Registry
  adapters: ReadonlyMap<string, ProviderAdapter>
  health: { of(provider: string): ProviderHealth }
}

/** What a provider can be asked for: what its adapter has, and what the door of its dialect opens. */
function operationsOf({ text, image, video, embed, openai }: ProviderAdapter): ProviderOperation[] {
  const has: [ProviderOperation, unknown][] = [
    ['text', text ?? openai],
    ['stream', text ?? openai],
    ['image', image],
    ['video', video],
    ['embeddings', embed ?? openai],
  ]
  return has.flatMap(([operation, by]) => (by === undefined ? [] : [operation]))
}

/** What keeps every model of a provider from being called; null where nothing does that is known of. */
function setupOf(
  preset: ProviderPreset | undefined,
  isConfigured: boolean,
  { known, available }: Provider['models'],
): string | null {
  if (!isConfigured) {
    const variables = preset && credentialVariables(preset)
    return variables ? `Set ${variables}, or name its credential in turnout.yaml.` : 'Name it in turnout.yaml.'
  }
  if (available > 0) return null
  if (preset?.setup !== undefined) return preset.setup
  return known > 0 ? 'None of its models is enabled.' : 'No model of it is configured, and it has listed none.'
}

/** Every provider that is known: those that Turnout brings along, and those of the configuration. */
export function listProviders({ registry, adapters, health }: DirectoryServices): Provider[] {
  const { models, providers } = registry.snapshot
  const counts = new Map<string, Provider['models']>()
  for (const { provider, available } of models) {
    const count = counts.get(provider) ?? { known: 0, available: 0 }
    counts.set(provider, { known: count.known + 1, available: count.available + Number(available) })
  }
  const presets = new Map(PRESETS.map((preset) => [preset.id, preset]))
  return [...new Set([...presets.keys(), ...providers.keys()])].sort().map((id) => {
    const preset = presets.get(id)
    const connection = providers.get(id)
    const adapterId = connection?.adapter ?? preset?.adapter ?? id
    const adapter = adapters.get(adapterId)
    const { reachable, lastError } = health.of(id)
    const count = counts.get(id) ?? { known: 0, available: 0 }
    return {
      id,
      name: preset?.name ?? id,
      adapter: adapterId,
      supported: adapter !== undefined,
      configured: connection !== undefined,
      local: connection?.local ?? preset?.local ?? false,
      emulated: connection?.emulated ?? false,
      reachable: connection === undefined ? null : reachable,
      operations: adapter ? operationsOf(adapter) : [],
      models: count,
      setup: setupOf(preset, connection !== undefined, count),
      lastError: lastError && { ...lastError, at: new Date(lastError.at).toISOString() },
    }
  })
}
