import type { ErrorCode, Operation, Usage } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import { costOf } from '../core/price.ts'
import type { Ledger, OpenAttempt } from '../ledger/types.ts'
import { newId } from '../lib/ids.ts'
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

/** How an attempt ended, as far as it says something of who made it. */
export interface AttemptVerdict {
  /** Absent where it succeeded; `canceled` where it was given up. */
  errorCode: ErrorCode | undefined
  /** Epoch milliseconds. */
  startedAt: number
  latencyMs: number
  firstPartMs: number | undefined
  /** How long the provider asks to be left alone. */
  retryAfterMs: number | undefined
}

/** Hears of every attempt: the health of providers and deployments is judged by them. */
export interface AttemptObserver {
  attemptBegan(deployment: Deployment): void
  attemptEnded(deployment: Deployment, verdict: AttemptVerdict): void
  /** The headers of an answer say that nothing more will be taken until then, in epoch milliseconds. */
  limitReached(deployment: Deployment, until: number): void
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
  /** 1 for the first attempt of the request, over all deployments. */
  readonly number: number
  readonly #trail: Trail | undefined

  /** @param attempt Its number, where the request has no trail that counts. */
  constructor(ledger: Ledger, observer: AttemptObserver, metered: Metered, deployment: Deployment, attempt: number) {
    this.#ledger = ledger
    this.#observer = observer
    this.#deployment = deployment
    this.#settings = metered.settings
    this.#trail = metered.trail
    this.number = metered.trail ? metered.trail.begin() : attempt
    observer.attemptBegan(deployment)
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
    this.#tell(undefined, latencyMs)
    this.#ledger.close(
      this.#record,
      { outcome: 'succeeded', latencyMs, firstPartMs: this.#firstPart(), usage, cost, upstreamRequestId },
      () => then(cost),
    )
  }

  /**
   * Records a bad end. A refused request costs nothing; one that was cut or
   * given up after it had reached the provider costs what nobody here knows.
   */
  fail(
    errorCode: ErrorCode,
    usage: Usage,
    mayBeBilled: boolean,
    upstreamRequestId: string | undefined,
    then: () => void,
    retryAfterMs?: number,
  ): void {
    const latencyMs = this.#latency()
    this.#tell(errorCode, latencyMs, retryAfterMs)
    this.#trail?.failed(this.#deployment, errorCode, latencyMs)
    const outcome = errorCode === 'canceled' ? 'canceled' : errorCode === 'unknown_outcome' ? 'unknown' : 'failed'
    const counted = Object.keys(usage).length > 0
    const cost = counted
      ? priceOf(this.#deployment, usage, this.#settings)
      : mayBeBilled && !this.#deployment.provider.local
        ? null
        : 0n
    this.#ledger.close(
      this.#record,
      { outcome, errorCode, latencyMs, firstPartMs: this.#firstPart(), usage, cost, upstreamRequestId },
      then,
    )
  }

  #tell(errorCode: ErrorCode | undefined, latencyMs: number, retryAfterMs?: number): void {
    const firstPartMs = this.#firstPart()
    const verdict = { errorCode, startedAt: this.#startedAt, latencyMs, firstPartMs, retryAfterMs }
    this.#observer.attemptEnded(this.#deployment, verdict)
  }

  #latency(): number {
    return Math.max(0, Date.now() - this.#startedAt)
  }

  #firstPart(): number | undefined {
    return this.firstPartAt === undefined ? undefined : Math.max(0, this.firstPartAt - this.#startedAt)
  }
}
