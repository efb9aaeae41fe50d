import { TurnoutError } from '../core/error.ts'

/**
 * The time limits of one attempt. Its signal ends the attempt when the caller
 * goes away or a limit passes, and its reason is the error to tell.
 */
export class Patience {
  readonly #controller = new AbortController()
  readonly #provider: string
  readonly #caller: AbortSignal
  readonly #totalBy: number
  readonly #totalMs: number
  readonly #onAbort = () =>
    this.#controller.abort(new TurnoutError('canceled', 'The client went away before the answer was complete.'))
  #timer: NodeJS.Timeout | undefined
  /** When the timer wakes up; it may then find that there is more time. */
  #wakesAt = Number.POSITIVE_INFINITY
  #by = Number.POSITIVE_INFINITY
  #ms = 0
  #what = ''

  constructor(provider: string, caller: AbortSignal, totalMs: number) {
    this.#provider = provider
    this.#caller = caller
    this.#totalMs = totalMs
    this.#totalBy = Date.now() + totalMs
    if (caller.aborted) this.#onAbort()
    else caller.addEventListener('abort', this.#onAbort)
    this.expect(totalMs, '')
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * Something must happen within `ms`, or the attempt ends; each call replaces
   * the one before. It is called for every part of a stream: a time that moves
   * on costs a number, not a timer.
   */
  expect(ms: number, what: string): void {
    this.#ms = ms
    this.#what = what
    this.#by = Math.min(this.#totalBy, Date.now() + ms)
    if (this.#by < this.#wakesAt) this.#arm()
  }

  /** Nothing is expected of the provider until the next `expect`: it is being kept waiting itself. */
  pause(): void {
    this.#by = Number.POSITIVE_INFINITY
    this.#disarm()
  }

  /** No limit holds any more. */
  stop(): void {
    this.pause()
    this.#caller.removeEventListener('abort', this.#onAbort)
  }

  /** Gives the attempt up: what is still open of its exchange, such as an answer nobody read, is cut. */
  cut(): void {
    this.stop()
    this.#controller.abort(new TurnoutError('canceled', 'The attempt was given up.'))
  }

  #arm(): void {
    clearTimeout(this.#timer)
    this.#wakesAt = this.#by
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, this.#by - Date.now()))
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#wakesAt = Number.POSITIVE_INFINITY
  }

  #wake(): void {
    // A timer may fire a little early.
    if (this.#by > Date.now() + 1) {
      this.#arm()
      return
    }
    const isTotal = this.#by === this.#totalBy
    const message = isTotal ? `did not finish within ${this.#totalMs} ms` : `${this.#what} within ${this.#ms} ms`
    this.#controller.abort(new TurnoutError('timeout', `${this.#provider} ${message}.`, { provider: this.#provider }))
  }
}
