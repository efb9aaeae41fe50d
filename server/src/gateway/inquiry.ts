import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import type { ProviderConnection } from '../core/deployment.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import type { ListModels } from '../registry/discovery.ts'
import { createTransport } from './transport.ts'

export interface Inquiry {
  /** For the whole answer. */
  timeoutMs: number
  connectMs?: number
  maxConnections?: number
}

/** A connection to a provider for what no request asks: which models it has, how it is. */
export function inquire(
  provider: ProviderConnection,
  pools: OriginPools,
  { timeoutMs, connectMs = timeoutMs, maxConnections = provider.maxConnections }: Inquiry,
): Connection {
  const { id, baseUrl, credential, region, headers, flags, settings } = provider
  const signal = AbortSignal.timeout(timeoutMs)
  const transport = createTransport(pools, id, { connectMs, maxConnections })
  return {
    provider: id,
    baseUrl,
    credential,
    region,
    headers,
    flags,
    settings,
    signal,
    transport: (url, request) => transport(url, { signal, ...request }),
  }
}

/** An engine on a machine of one's own answers at once or is not there. */
const ENGINE = { timeoutMs: 2_000, maxConnections: 4 }

/** What discovery asks engines with: also one that wants a credential or headers of its own. */
export const engineModels =
  (adapters: ReadonlyMap<string, ProviderAdapter>, pools: OriginPools): ListModels =>
  async (provider, baseUrl) =>
    (await adapters.get(provider.adapter)?.listModels?.(inquire({ ...provider, baseUrl }, pools, ENGINE))) ?? []
