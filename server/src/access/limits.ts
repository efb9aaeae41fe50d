import { createAuthority, type LimitAuthority } from './authority.ts'
import type { LimitState, Principal, RequestLimiter } from './types.ts'

const WINDOW_MS = 60_000
/** A worker leases a twentieth of a limit at a time: few questions, and little is stranded where it is not used. */
const LEASES_PER_LIMIT = 20

/** What one key did in one window, as far as this process knows. */
interface Count {
  readonly window: number
  used: number
  /** How many requests the authority gave to this process. */
  granted: number
  /** The highest limit at which the authority had nothing left to give. */
  spentAt: number
  /** The question to the authority that is under way. */
  asking: Promise<void> | undefined
}

export interface LimiterOptions {
  /** Who gives out shares where several processes count. Absent: this process counts alone. */
  authority?: LimitAuthority
  /** Epoch milliseconds. */
  now?: () => number
}

/** Counts requests per key in windows of one minute that are aligned to the clock. */
export function createLimiter(options: LimiterOptions = {}): RequestLimiter {
  return new WindowLimiter(options)
}

class WindowLimiter implements RequestLimiter {
  readonly #authority: LimitAuthority
  /** Counting alone, it takes a limit as one lease. */
  readonly #alone: boolean
  readonly #now: () => number
  #window = Number.NEGATIVE_INFINITY
  readonly #counts = new Map<string, Count>()

  constructor({ authority, now = Date.now }: LimiterOptions) {
    this.#alone = authority === undefined
    this.#authority = authority ?? createAuthority()
    this.#now = now
  }

  take(principal: Principal, defaultPerMinute: number | undefined): LimitState | undefined | Promise<LimitState> {
    const limit = principal.limits.requestsPerMinute ?? defaultPerMinute
    if (limit === undefined) return undefined
    const now = this.#now()
    const count = this.#count(principal.keyId, now)
    let state = settle(count, limit, now)
    while (state === undefined) {
      const asking = this.#ask(principal.keyId, count, limit)
      if (asking !== undefined) return this.#settleLater(asking, principal.keyId, count, limit)
      state = settle(count, limit, now)
    }
    return state
  }

  async #settleLater(asking: Promise<void>, keyId: string, count: Count, limit: number): Promise<LimitState> {
    await asking
    for (;;) {
      const state = settle(count, limit, this.#now())
      if (state !== undefined) return state
      await this.#ask(keyId, count, limit)
    }
  }

  /** Asks for another lease. Requests that wait share one question. */
  #ask(keyId: string, count: Count, limit: number): Promise<void> | undefined {
    if (count.asking !== undefined) return count.asking
    const want = this.#alone ? limit : Math.max(1, Math.ceil(limit / LEASES_PER_LIMIT))
    const lease = this.#authority.lease(keyId, count.window, limit, want)
    if (typeof lease === 'number') {
      receive(count, limit, lease)
      return undefined
    }
    count.asking = lease.then((granted) => {
      count.asking = undefined
      receive(count, limit, granted)
    })
    return count.asking
  }

  #count(keyId: string, now: number): Count {
    const window = Math.floor(now / WINDOW_MS)
    // A clock that is set back does not open an old window again.
    if (window > this.#window) {
      this.#window = window
      this.#counts.clear()
    }
    let count = this.#counts.get(keyId)
    if (count === undefined) {
      count = { window: this.#window, used: 0, granted: 0, spentAt: 0, asking: undefined }
      this.#counts.set(keyId, count)
    }
    return count
  }
}

/** Counts one request, or refuses it; undefined where the authority must be asked first. */
function settle(count: Count, limit: number, now: number): LimitState | undefined {
  const available = Math.min(count.granted, limit) - count.used
  const resetMs = Math.max(0, (count.window + 1) * WINDOW_MS - now)
  if (available > 0) {
    count.used += 1
    return { allowed: true, limit, remaining: available - 1, resetMs }
  }
  if (count.used >= limit || count.spentAt >= limit) return { allowed: false, limit, remaining: 0, resetMs }
  return undefined
}

function receive(count: Count, limit: number, granted: number): void {
  count.granted += granted
  if (granted === 0) count.spentAt = Math.max(count.spentAt, limit)
}
