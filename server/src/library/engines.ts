import { createTransport } from '../gateway/transport.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import { ADAPTERS } from '../providers/index.ts'
import type { ListModels } from '../registry/discovery.ts'

const ANSWER_MS = 2_000
const CONNECTIONS = 4

/** Asks engines on the user's own machine for their models. */
export const listModels =
  (pools: OriginPools): ListModels =>
  ({ id, adapter, flags }, baseUrl) => {
    const list = ADAPTERS.get(adapter)?.listModels
    if (list === undefined) return Promise.resolve([])
    return list({
      provider: id,
      baseUrl,
      headers: {},
      flags,
      settings: {},
      signal: AbortSignal.timeout(ANSWER_MS),
      transport: createTransport(pools, id, { connectMs: ANSWER_MS, maxConnections: CONNECTIONS }),
    })
  }
