import type { CacheRule, Modality } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Route } from '../core/route.ts'
import type { Identity } from '../core/routing/experiment.ts'
import { AnswerCache } from '../gateway/cache/cache.ts'
import { MemoryAnswers } from '../gateway/cache/store.ts'
import { CachedValues } from '../gateway/cache/values.ts'
import { inlinePicture } from '../gateway/inputs.ts'
import type { ImageServices } from '../gateway/media/pictures.ts'
import { DeploymentHealth } from '../gateway/routing/health.ts'
import { Router } from '../gateway/routing/router.ts'
import type { TextServices } from '../gateway/text/request.ts'
import { OriginPools } from '../lib/http/pools.ts'
import { SafeFetcher } from '../lib/http/safe-fetch.ts'
import { ADAPTERS } from '../providers/index.ts'
import type { GivenTarget } from './input/target.ts'
import { ListenerLedger } from './ledger.ts'
import type { TurnoutOptions } from './types.ts'

/** What the calls of one Turnout share. */
export interface LibraryServices extends TextServices, ImageServices {
  /** Aborted when the Turnout is closed. */
  closing: AbortSignal
  /** Answers that are kept. */
  values: CachedValues
  /** What holds where neither call nor pool says anything of the cache. */
  cacheRule: CacheRule | undefined
  /** Whose answers they are: nobody is given those of somebody else's account. */
  whose: string
}

/** As much as the server takes unless told otherwise. */
const USUAL_CACHE_MEGABYTES = 64

/** Finds where calls for something of a kind may go. @throws TurnoutError */
export type Resolve = (target: GivenTarget, kind: Modality, identity: Identity) => Route

/** @throws TurnoutError invalid_input */
function fetcherFor(allowed: readonly string[] | undefined): SafeFetcher {
  try {
    return new SafeFetcher({ allowed })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new TurnoutError('invalid_input', `fetchAllowPrivate: ${error.message}.`, { param: 'fetchAllowPrivate' })
  }
}

/** What chooses among deployments, and has heard nothing of them yet. */
export function freshHealth(): Pick<LibraryServices, 'observer' | 'router'> {
  const health = new DeploymentHealth()
  return { observer: health, router: new Router(health) }
}

/** @throws TurnoutError invalid_input */
export function createServices(
  { onAttempt, fetchAllowPrivate, cache, cacheMegabytes = USUAL_CACHE_MEGABYTES }: TurnoutOptions,
  closing: AbortSignal,
): LibraryServices {
  const fetcher = fetcherFor(fetchAllowPrivate)
  return {
    adapters: ADAPTERS,
    pools: new OriginPools(),
    ledger: new ListenerLedger(onAttempt),
    ...freshHealth(),
    fetcher,
    inlinePicture: (url, signal) => inlinePicture(url, { fetcher }, signal, 'messages'),
    closing,
    values: new CachedValues(new AnswerCache(new MemoryAnswers(cacheMegabytes * 1024 ** 2))),
    cacheRule: cache && { ...cache, shared: false },
    whose: 'everybody',
  }
}
