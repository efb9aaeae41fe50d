import { setTimeout as wait } from 'node:timers/promises'
import type { Usage } from '@turnout/contract'
import type { Connection, ProviderAdapter, Transport } from '../core/adapter.ts'
import { mayBeBilled } from '../core/delivery.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { exhaustedUntil } from '../core/routing/rate-headers.ts'
import type { Ledger } from '../ledger/types.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import { type AttemptObserver, Meter, type Metered } from './metering.ts'
import { Patience } from './patience.ts'
import { pauseBefore } from './routing/trail.ts'
import { toldToClient } from './told.ts'
import { createTransport } from './transport.ts'

export interface AttemptServices {
  adapters: ReadonlyMap<string, ProviderAdapter>
  pools: OriginPools
  ledger: Ledger
  observer: AttemptObserver
}

/** One attempt as whoever makes the call sees it. */
export interface AttemptScope {
  connection: Connection
  patience: Patience
  meter: Meter
  /** 1 for the first of the request. */
  number: number
  /** All that the attempt has used, once the provider has said so: it is paid for, whatever becomes of the answer. */
  usage: Usage
}

export interface AttemptPlan extends Metered {
  deployment: Deployment
  signal: AbortSignal
  /** Paid for as soon as the provider accepts it: what may have been accepted is never sent again. */
  paidOnAcceptance: boolean
  /** Numbers the attempts of several calls of one request that has no trail to do so. */
  begin?(): number
  /** Hears of every attempt when it begins. */
  onAttempt?(number: number): void
}

/** @param fresh What is sent must not be lost on a kept connection: it is paid for when it arrives. */
export function connectionTo(
  deployment: Deployment,
  pools: OriginPools,
  signal: AbortSignal,
  fresh = false,
): Connection {
  const { provider, timeouts, model } = deployment
  return {
    provider: provider.id,
    baseUrl: provider.baseUrl,
    credential: provider.credential,
    region: provider.region,
    headers: provider.headers,
    flags: model.flags,
    settings: provider.settings,
    signal,
    transport: createTransport(pools, provider.id, {
      connectMs: timeouts.connectMs,
      maxConnections: provider.maxConnections,
      fresh,
    }),
  }
}

/**
 * Calls a deployment until it answers or the policy says no. `call` either
 * returns, which ends the attempts, or throws before anything of the answer
 * has been shown; the record of a good attempt is its own to close.
 *
 * @throws TurnoutError of the last attempt
 */
export async function attempt<T>(
  services: AttemptServices,
  plan: AttemptPlan,
  call: (scope: AttemptScope) => Promise<T>,
): Promise<T> {
  const { deployment, trail } = plan
  const { ledger, observer, pools } = services
  const { totalMs } = deployment.timeouts
  for (let retries = 0; ; retries += 1) {
    const rest = trail ? Math.min(totalMs, trail.by - Date.now()) : totalMs
    const patience = new Patience(deployment.provider.id, plan.signal, rest)
    const plain = connectionTo(deployment, pools, patience.signal, plan.paidOnAcceptance)
    const meter = new Meter(ledger, observer, plan, deployment, plan.begin?.() ?? retries + 1, retries)
    const counts = (soFar: () => Usage): void => {
      meter.soFar = soFar
    }
    const connection = { ...plain, counts, transport: watched(plain.transport, observer, deployment) }
    const { number } = meter
    const scope: AttemptScope = { connection, patience, meter, number, usage: {} }
    plan.onAttempt?.(number)
    try {
      return await call(scope)
    } catch (thrown) {
      patience.cut()
      const failure = TurnoutError.from(thrown)
      const error = toldToClient(failure, { ...plan, committed: false })
      await failed(meter, error, scope.usage)
      const delay = pauseBefore(trail, deployment, error, retries)
      if (delay === null) throw error
      await wait(delay, undefined, { signal: plan.signal }).catch(() => {
        throw new TurnoutError('canceled', 'The client went away before the answer was complete.')
      })
    }
  }
}

/** Looks at the headers of every answer before it is handed on. */
export const watched =
  (transport: Transport, observer: AttemptObserver, deployment: Deployment): Transport =>
  async (url, request) => {
    const response = await transport(url, request)
    const until = exhaustedUntil(response.headers, Date.now())
    if (until !== undefined) observer.limitReached(deployment, until)
    return response
  }

/**
 * Records a bad end; resolves once the record is safe.
 *
 * @param used All that was used, where the error does not say so itself.
 */
export function failed(meter: Meter, error: TurnoutError, used: Usage): Promise<void> {
  const { code, usage = used, upstreamRequestId, retryAfterMs, providerCost } = error
  return new Promise((resolve) =>
    meter.fail(code, usage, mayBeBilled(error), upstreamRequestId, resolve, retryAfterMs, providerCost),
  )
}

/** Records a good end; resolves to the cost once the record is safe. */
export function succeeded(
  meter: Meter,
  usage: Usage,
  upstreamRequestId: string | undefined,
  providerCost?: bigint,
): Promise<bigint | null> {
  return new Promise((resolve) => meter.succeed(usage, upstreamRequestId, resolve, providerCost))
}
