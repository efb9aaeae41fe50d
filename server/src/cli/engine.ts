import type { ListedModel, ProviderAdapter } from '../core/adapter.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import type { ServerOptions } from '../options.ts'
import type { ProviderPreset } from '../registry/catalog/providers.ts'
import type { Started } from './banner.ts'

/** What commands need of the composition root, which alone knows the implementations. */
export interface Engine {
  startServer(options: ServerOptions): Promise<Started & { close(): Promise<void> }>
  /** Every adapter, by its id. */
  readonly ADAPTERS: ReadonlyMap<string, ProviderAdapter>
  /** How the registry asks the engines of this machine what they serve. */
  listLocalModels(
    pools: OriginPools,
  ): (preset: Pick<ProviderPreset, 'id' | 'adapter' | 'flags'>, baseUrl: string) => Promise<ListedModel[]>
}

export function loadEngine(): Promise<Engine> {
  return import('../main.ts')
}
