import type { ProviderAdapter } from '../core/adapter.ts'
import type { ArtifactDriver } from '../core/artifact.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import type { ServerOptions } from '../options.ts'
import type { ListModels } from '../registry/discovery.ts'
import type { Started } from './banner.ts'

/** What commands need of the composition root, which alone knows the implementations. */
export interface Engine {
  startServer(options: ServerOptions): Promise<Started & { close(): Promise<void> }>
  /** Every adapter, by its id. */
  readonly ADAPTERS: ReadonlyMap<string, ProviderAdapter>
  /** Where artifacts are kept. Throws TurnoutError. */
  createStorage(options: ServerOptions): ArtifactDriver
  /** How the registry asks the engines of this machine what they serve. */
  listLocalModels(pools: OriginPools): ListModels
}

export function loadEngine(): Promise<Engine> {
  return import('../main.ts')
}
