import { CacheRule } from '@turnout/contract'
import { z } from 'zod'
import { engineModels } from '../gateway/inquiry.ts'
import { createCalls } from './calls/index.ts'
import { readSources } from './configuration.ts'
import { checkGiven } from './input/check.ts'
import { bindPreferred, bindProvider } from './provider/resolve.ts'
import { LibraryRegistry } from './registry.ts'
import { createServices, type Resolve } from './services.ts'
import { closed } from './signal.ts'
import type { BoundTarget, Calls, ProviderPreference, Target, Turnout, TurnoutOptions } from './types.ts'

/** `process.env` is no plain object. */
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const Options = z.strictObject({
  env: z.custom<TurnoutOptions['env']>(isObject, 'must be an object').optional(),
  configuration: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  discovery: z.boolean().optional(),
  onAttempt: z
    .custom<TurnoutOptions['onAttempt']>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  cache: CacheRule.pick({ ttlSeconds: true }).optional(),
  cacheMegabytes: z.number().nonnegative().optional(),
  fetchAllowPrivate: z.array(z.string()).optional(),
}) satisfies z.ZodType<unknown, TurnoutOptions>

/**
 * The registry, the pools and the adapters of Turnout, in this process: no
 * server, no database.
 *
 * @throws TurnoutError invalid_input for options or a configuration that cannot be used
 */
export async function createTurnout(options: TurnoutOptions = {}): Promise<Turnout> {
  const given = checkGiven(Options, options, 'The options')
  const closing = new AbortController()
  const services = createServices(given, closing.signal)
  const list = given.discovery ? engineModels(services.adapters, services.pools) : undefined
  const registry = new LibraryRegistry(await readSources(options), list)
  await registry.discover()

  const route: Resolve = ({ model, pool, role, productType }, _kind, identity) => {
    const name = model ?? (pool === undefined ? `role:${role}` : `pool:${pool}`)
    return registry.snapshot.route(name, productType, identity)
  }
  const providerFor = (name: string | ProviderPreference, of?: object): Calls<BoundTarget> => {
    const bound =
      typeof name === 'string' ? bindProvider(services, registry, name, of) : bindPreferred(services, registry, name)
    return createCalls<BoundTarget>(bound.services, bound.resolve, 'bound')
  }
  const close = async () => {
    if (closing.signal.aborted) return
    closing.abort(closed())
    registry.close()
    await services.pools.destroy()
  }
  return {
    ...createCalls<Target>(services, route, 'open'),
    get models() {
      return registry.snapshot.models
    },
    get problems() {
      return registry.snapshot.problems.map(({ where, message }) => ({ where, message }))
    },
    providerFor,
    close,
    [Symbol.asyncDispose]: close,
  }
}
