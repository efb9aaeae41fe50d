import type { Modality } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Route } from '../core/route.ts'
import type { Identity } from '../core/routing/experiment.ts'
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
}

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
  { onAttempt, fetchAllowPrivate }: TurnoutOptions,
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
  }
}
