import type { Dispatcher } from 'undici'
import type { OpenAIDoor, OpenAIOperation, ProviderAdapter } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import type { OriginPools } from '../lib/http/pools.ts'

/** Everything about the way to a deployment that is the same for each of its requests. */
export interface Wire {
  door: OpenAIDoor
  pool: Dispatcher
  path: string
  /** Names and values in turn, as undici takes them without another look. */
  headers: readonly string[]
  /** Every request has a connection of its own. */
  fresh: boolean
}

/** The ways to deployments, made once each and forgotten together with the snapshot that made the deployment. */
export class Wires {
  readonly #adapters: ReadonlyMap<string, ProviderAdapter>
  readonly #pools: OriginPools
  readonly #known = new WeakMap<Deployment, Map<OpenAIOperation, Wire>>()

  constructor(adapters: ReadonlyMap<string, ProviderAdapter>, pools: OriginPools) {
    this.#adapters = adapters
    this.#pools = pools
  }

  /** @throws TurnoutError capability_missing where the provider does not speak OpenAI's dialect */
  get(deployment: Deployment, operation: OpenAIOperation): Wire {
    let wires = this.#known.get(deployment)
    if (wires === undefined) {
      wires = new Map()
      this.#known.set(deployment, wires)
    }
    let wire = wires.get(operation)
    if (wire === undefined) {
      wire = this.#make(deployment, operation)
      wires.set(operation, wire)
    }
    return wire
  }

  #make({ model, provider, timeouts }: Deployment, operation: OpenAIOperation): Wire {
    const door = this.#adapters.get(provider.adapter)?.openai
    if (door === undefined) {
      throw new TurnoutError(
        'capability_missing',
        `Model ${model.id} cannot be used here: ${provider.id} does not serve this operation.`,
        {
          param: 'model',
          provider: provider.id,
        },
      )
    }
    const { url, headers } = door.request(operation, {
      baseUrl: provider.baseUrl,
      credential: provider.credential,
      headers: provider.headers,
      flags: model.flags,
    })
    const { origin, pathname, search } = new URL(url)
    const fresh = operation.startsWith('images.')
    return {
      door,
      pool: this.#pools.get(origin, {
        connectMs: timeouts.connectMs,
        maxConnections: provider.maxConnections,
        fresh,
      }),
      path: pathname + search,
      headers: Object.entries({ 'accept-encoding': 'identity', ...headers }).flat(),
      fresh,
    }
  }
}
