import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, MediaAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { MediaDone, MediaOutcome, MediaPending, RemoteOperation } from '../../core/media.ts'
import { isBarred, isTrouble } from '../../core/trouble.ts'

/** The time as the driver sees it; tests have their own. */
export interface Clock {
  now(): number
  /** Rejects with the reason of the signal. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

const CLOCK: Clock = {
  now: Date.now,
  wait: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch(() => {
      throw signal.reason
    }),
}

const SHORTEST_POLL_MS = 250
const FIRST_POLL_MS = 500
const LONGEST_POLL_MS = 5_000
const POLL_GROWTH = 1.3
const FIRST_TROUBLE_MS = 500
const LONGEST_TROUBLE_MS = 15_000
/** Work of which nothing has been heard for so long is given up. */
const LOST_AFTER_MS = 180_000
/** For what is done after the end of a call: to cancel it, and to look once more whether it was done all the same. */
const FAREWELL_MS = 5_000

/** The provider has accepted the work, and nobody here knows what became of it. */
const lost = (last: TurnoutError, { provider }: Connection): TurnoutError =>
  new TurnoutError(
    'unknown_outcome',
    `${provider} accepted the request, but cannot be asked how it is. It may be carried out and billed; it was not sent again. Last: ${last.message}`,
    { provider, upstreamRequestId: last.upstreamRequestId, cause: last.cause },
  )

/**
 * What a poll says of work that was accepted is no refusal of it, whatever its
 * status: unless the provider says what it charges, nobody here knows.
 */
const afterAcceptance = (error: TurnoutError): TurnoutError =>
  error.providerCost === undefined && error.usage === undefined ? error.with({ providerCost: null }) : error

/** One call of a media adapter, brought from its start to its end. */
class Drive<Call> {
  readonly #adapter: MediaAdapter<Call>
  readonly #connection: Connection
  readonly #clock: Clock
  #operation: RemoteOperation | undefined
  #providerCost: bigint | undefined
  #requestId: string | undefined
  readonly #warnings: string[] = []
  #waits = 0

  constructor(adapter: MediaAdapter<Call>, connection: Connection, clock: Clock) {
    this.#adapter = adapter
    this.#connection = connection
    this.#clock = clock
  }

  async run(call: Call): Promise<MediaDone> {
    let outcome = await this.#adapter.start(call, this.#connection)
    try {
      while (outcome.status === 'pending') outcome = await this.#next(outcome)
      return this.#whole(outcome)
    } catch (error) {
      const late = this.#connection.signal.aborted ? await this.#farewell() : undefined
      if (late) return this.#whole(late)
      throw error
    }
  }

  /** Waits until it is worth asking, and asks. */
  async #next(pending: MediaPending): Promise<MediaOutcome> {
    this.#operation = pending.operation
    this.#providerCost = pending.providerCost ?? this.#providerCost
    this.#requestId = pending.upstreamRequestId ?? this.#requestId
    this.#warnings.push(...(pending.warnings ?? []))
    const { signal } = this.#connection
    await this.#clock.wait(this.#pause(pending.pollAfterMs), signal)
    const since = this.#clock.now()
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#poll(this.#connection)
      } catch (thrown) {
        if (signal.aborted) throw signal.reason
        const error = TurnoutError.from(thrown)
        if (isBarred(error)) throw lost(error, this.#connection)
        if (!isTrouble(error)) throw afterAcceptance(error)
        if (this.#clock.now() - since >= LOST_AFTER_MS) throw lost(error, this.#connection)
        const backoff = Math.min(LONGEST_TROUBLE_MS, FIRST_TROUBLE_MS * 2 ** failures)
        await this.#clock.wait(Math.min(LOST_AFTER_MS, Math.max(backoff, error.retryAfterMs ?? 0)), signal)
      }
    }
  }

  #pause(asked: number): number {
    if (asked > 0) return Math.max(SHORTEST_POLL_MS, asked)
    const grown = FIRST_POLL_MS * POLL_GROWTH ** this.#waits
    this.#waits += 1
    return Math.min(LONGEST_POLL_MS, grown)
  }

  #poll(connection: Connection): Promise<MediaOutcome> {
    if (this.#adapter.poll && this.#operation) return this.#adapter.poll(this.#operation, connection)
    throw new TurnoutError('internal', `The adapter of ${connection.provider} cannot ask for the work it has begun.`)
  }

  /** What was said on the way holds at the end, where that says nothing else. */
  #whole(done: MediaDone): MediaDone {
    return {
      ...done,
      warnings: [...new Set([...this.#warnings, ...done.warnings])],
      providerCost: done.providerCost ?? this.#providerCost,
      upstreamRequestId: done.upstreamRequestId ?? this.#requestId,
    }
  }

  /**
   * The time is up, or the client has gone: the work is called off, once, and
   * looked for once more, because it is paid for if it was done by then.
   */
  async #farewell(): Promise<MediaDone | undefined> {
    const operation = this.#operation
    if (operation === undefined) return undefined
    const connection = { ...this.#connection, signal: AbortSignal.timeout(FAREWELL_MS) }
    try {
      await this.#adapter.cancel?.(operation, connection)
    } catch {
      // It may be too late to call it off: the poll tells.
    }
    try {
      const outcome = await this.#poll(connection)
      return outcome.status === 'done' ? outcome : undefined
    } catch {
      return undefined
    }
  }
}

/**
 * Starts the work and asks for it until it is done. `start` is sent once: to
 * send it again is for those who know whether it may have been accepted. What
 * is thrown after it was accepted is never a reason to start it anew, unless
 * the provider has said that it failed.
 *
 * @throws TurnoutError the provider's, or the reason of the connection's signal
 */
export function drive<Call>(
  adapter: MediaAdapter<Call>,
  call: Call,
  connection: Connection,
  clock: Clock = CLOCK,
): Promise<MediaDone> {
  return new Drive(adapter, connection, clock).run(call)
}
