import type { ErrorCode, Operation, Usage } from '@turnout/contract'
import type { Deployment, ProviderConnection } from '../core/deployment.ts'
import { costOf } from '../core/price.ts'
import type { Ledger, OpenAttempt } from '../ledger/types.ts'
import { newId } from '../lib/ids.ts'
import { idTeller } from '../lib/redact.ts'
import type { Trail } from './routing/trail.ts'

/** What the attempts of one request have in common. */
export interface Metered {
  requestId: string
  operation: Operation
  keyId: string | null
  user: string | null
  streamed: boolean
  /** Settings that prices may depend on, e.g. `{quality: 'high'}`. */
  settings: Readonly<Record<string, string>>
  /** What the request has behind it, where several deployments may serve it. */
  trail?: Trail | undefined
}

/** What an attempt came to. */
export interface Settled {
  usage: Usage
  /** Nano-dollars; null when it is not known. */
  cost: bigint | null
}

/** How an attempt ended, as far as it says something of who made it. */
export interface AttemptVerdict extends Partial<Settled> {
  /** Absent where it succeeded; `canceled` where it was given up. */
  errorCode: ErrorCode | undefined
  /** Epoch milliseconds. */
  startedAt: number
  latencyMs: number
  firstPartMs: number | undefined
  /** How long the provider asks to be left alone. */
  retryAfterMs: number | undefined
}

/** Why an attempt is made that is not the first one: the same deployment again, or in the place of one that failed. */
export type Turn = 'retry' | 'fallback'

/** Hears of every attempt: the health of providers and deployments is judged by them. */
export interface AttemptObserver {
  attemptBegan(deployment: Deployment, turn?: Turn): void
  attemptEnded(deployment: Deployment, verdict: AttemptVerdict): void
  /** The headers of an answer say that nothing more will be taken until then, in epoch milliseconds. */
  limitReached(deployment: Deployment, until: number): void
  /** Work that it had taken is done, or has failed; its verdict did not say yet what it comes to. */
  settled?(deployment: Deployment, settled: Settled): void
  /** It goes on with a stream that broke off. */
  continued?(deployment: Deployment): void
}

const NO_SETTINGS = {}

/** What an attempt came to in nano-dollars; null when it is not known. Engines of one's own cost nothing. */
export function priceOf(
  deployment: Deployment,
  usage: Usage,
  settings: Readonly<Record<string, string>> = NO_SETTINGS,
): bigint | null {
  if (deployment.provider.local) return 0n
  return deployment.prices === null ? null : costOf(deployment.prices, usage, settings)
}

/** What is known of the cost of an attempt that failed. */
export interface FailedCost {
  usage?: Usage | undefined
  /** By the word of the provider; null where it may charge and does not say how much. */
  providerCost?: bigint | null | undefined
  /** Whether the provider may charge for such a failure at all. */
  mayBeBilled: boolean
}

/**
 * What a failed attempt came to in nano-dollars: what the provider says, else
 * what our prices make of what it has counted, else nothing for one that was
 * refused; null for one that was cut or given up after it had arrived.
 */
export function costOfFailure(
  deployment: Deployment,
  { usage = {}, providerCost, mayBeBilled }: FailedCost,
  settings: Readonly<Record<string, string>> = NO_SETTINGS,
): bigint | null {
  if (deployment.provider.local) return 0n
  if (providerCost !== undefined) return providerCost
  if (Object.keys(usage).length > 0) return priceOf(deployment, usage, settings)
  return mayBeBilled ? null : 0n
}

const tellers = new WeakMap<ProviderConnection, (id: string) => string>()

function tellerFor(provider: ProviderConnection): (id: string) => string {
  let teller = tellers.get(provider)
  if (teller === undefined) {
    teller = idTeller([provider.credential, ...Object.values(provider.headers)])
    tellers.set(provider, teller)
  }
  return teller
}

/** The record of one attempt while it runs. */
export class Meter {
  readonly #ledger: Ledger
  readonly #observer: AttemptObserver
  readonly #deployment: Deployment
  readonly #record: OpenAttempt
  /** Epoch milliseconds. */
  readonly #startedAt = Date.now()
  readonly #settings: Readonly<Record<string, string>>
  /** Epoch milliseconds of the first content of a stream. */
  firstPartAt: number | undefined
  /** Epoch milliseconds of the whole answer, where it is looked at before it counts as given. */
  answeredAt: number | undefined
  /** What the provider has counted of a stream that has not ended. */
  soFar: (() => Usage) | undefined
  /** 1 for the first attempt of the request, over all deployments. */
  readonly number: number
  readonly #trail: Trail | undefined

  /**
   * @param attempt Its number, where the request has no trail that counts.
   * @param retries How often this deployment has been asked before.
   */
  constructor(
    ledger: Ledger,
    observer: AttemptObserver,
    metered: Metered,
    deployment: Deployment,
    attempt: number,
    retries: number,
  ) {
    this.#ledger = ledger
    this.#observer = observer
    this.#deployment = deployment
    this.#settings = metered.settings
    this.#trail = metered.trail
    this.number = metered.trail ? metered.trail.begin() : attempt
    const isFallback = metered.trail !== undefined && metered.trail.failures.length > 0
    observer.attemptBegan(deployment, retries > 0 ? 'retry' : isFallback ? 'fallback' : undefined)
    this.#record = ledger.open({
      id: newId('att'),
      requestId: metered.requestId,
      attempt: this.number,
      operation: metered.operation,
      model: deployment.model.id,
      provider: deployment.provider.id,
      upstreamModel: deployment.upstreamId,
      keyId: metered.keyId,
      user: metered.user,
      startedAt: this.#startedAt,
      streamed: metered.streamed,
      emulated: deployment.provider.emulated,
      assignment: metered.trail?.assignment,
    })
  }

  /**
   * Records a good end. `then` gets the cost once the record is safe: what the
   * provider says it was, else what our prices make of the usage.
   */
  succeed(
    usage: Usage,
    upstreamRequestId: string | undefined,
    then: (cost: bigint | null) => void,
    providerCost?: bigint,
  ): void {
    const cost = providerCost ?? priceOf(this.#deployment, usage, this.#settings)
    const latencyMs = this.#latency()
    this.#tell(undefined, latencyMs, usage, cost)
    this.#ledger.close(
      this.#record,
      {
        outcome: 'succeeded',
        latencyMs,
        firstPartMs: this.#firstPart(),
        usage,
        cost,
        upstreamRequestId: this.#tellable(upstreamRequestId),
      },
      () => then(cost),
    )
  }

  /**
   * Records a bad end. A refused request costs nothing; one that was cut or
   * given up after it had reached the provider costs what nobody here knows,
   * and is recorded with what had been counted until then.
   *
   * @param usage All that was used; empty where that is not known.
   */
  fail(
    errorCode: ErrorCode,
    usage: Usage,
    mayBeBilled: boolean,
    upstreamRequestId: string | undefined,
    then: () => void,
    retryAfterMs?: number,
    providerCost?: bigint | null,
  ): void {
    const latencyMs = this.#latency()
    this.#trail?.failed(this.#deployment, errorCode, latencyMs)
    const outcome = errorCode === 'canceled' ? 'canceled' : errorCode === 'unknown_outcome' ? 'unknown' : 'failed'
    const cost = costOfFailure(this.#deployment, { usage, providerCost, mayBeBilled }, this.#settings)
    this.#trail?.spend(cost)
    const counted = Object.keys(usage).length > 0 ? usage : (this.soFar?.() ?? usage)
    this.#tell(errorCode, latencyMs, counted, cost, retryAfterMs)
    this.#ledger.close(
      this.#record,
      {
        outcome,
        errorCode,
        latencyMs,
        firstPartMs: this.#firstPart(),
        usage: counted,
        cost,
        upstreamRequestId: this.#tellable(upstreamRequestId),
      },
      then,
    )
  }

  /** The provider's id is a stranger's text: without secrets, and as short as ids are. */
  #tellable(id: string | undefined): string | undefined {
    return id && tellerFor(this.#deployment.provider)(id)
  }

  #tell(
    errorCode: ErrorCode | undefined,
    latencyMs: number,
    usage: Usage,
    cost: bigint | null,
    retryAfterMs?: number,
  ): void {
    const firstPartMs = this.#firstPart()
    const verdict = { errorCode, startedAt: this.#startedAt, latencyMs, firstPartMs, retryAfterMs, usage, cost }
    this.#observer.attemptEnded(this.#deployment, verdict)
  }

  #latency(): number {
    return Math.max(0, (this.answeredAt ?? Date.now()) - this.#startedAt)
  }

  #firstPart(): number | undefined {
    return this.firstPartAt === undefined ? undefined : Math.max(0, this.firstPartAt - this.#startedAt)
  }
}
