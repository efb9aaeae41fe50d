import { formatDollars } from '../core/price.ts'
import type { AttemptEnd, AttemptStart, Ledger, OpenAttempt } from '../ledger/types.ts'
import type { AttemptRecord } from './types.ts'

type Listener = (record: AttemptRecord) => void

function recordOf(start: AttemptStart, end: AttemptEnd): AttemptRecord {
  const { keyId: _, emulated: __, assignment, startedAt, ...told } = start
  return {
    ...told,
    startedAt: new Date(startedAt).toISOString(),
    experiment: assignment?.experiment ?? null,
    variant: assignment?.variant ?? null,
    latencyMs: end.latencyMs,
    firstPartMs: end.firstPartMs ?? null,
    outcome: end.outcome,
    errorCode: end.errorCode ?? null,
    usage: end.usage,
    cost: end.cost === null ? null : formatDollars(end.cost),
    upstreamRequestId: end.upstreamRequestId ?? null,
  }
}

/** A ledger that keeps nothing: each record goes to whoever listens, as soon as its attempt has ended. */
export class ListenerLedger implements Ledger {
  readonly #listener: Listener | undefined
  readonly #open = new Map<OpenAttempt, AttemptStart>()

  constructor(listener: Listener | undefined) {
    this.#listener = listener
  }

  open(start: AttemptStart): OpenAttempt {
    const attempt = start.id as OpenAttempt
    if (this.#listener) this.#open.set(attempt, start)
    return attempt
  }

  close(attempt: OpenAttempt, end: AttemptEnd, then: () => void): void {
    const start = this.#open.get(attempt)
    this.#open.delete(attempt)
    try {
      if (start) this.#listener?.(recordOf(start, end))
    } catch (error) {
      // The call has had its answer: what goes wrong with its record must not take that away.
      process.emitWarning(
        `onAttempt failed: ${error instanceof Error ? error.message : String(error)}`,
        'TurnoutWarning',
      )
    }
    then()
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  attempts(): ReturnType<Ledger['attempts']> {
    return Promise.resolve({ items: [], nextCursor: null })
  }

  totals(): ReturnType<Ledger['totals']> {
    return Promise.resolve([])
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}
