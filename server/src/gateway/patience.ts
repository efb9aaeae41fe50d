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

  /** Something must happen within `ms`, or the attempt ends; each call replaces the one before. */
  expect(ms: number, what: string): void {
    clearTimeout(this.#timer)
    const left = this.#totalBy - Date.now()
    const message = left <= ms ? `did not finish within ${this.#totalMs} ms` : `${what} within ${ms} ms`
    this.#timer = setTimeout(
      () =>
        this.#controller.abort(
          new TurnoutError('timeout', `${this.#provider} ${message}.`, { provider: this.#provider }),
        ),
      Math.max(0, Math.min(left, ms)),
    )
  }

  /** No limit holds any more. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#caller.removeEventListener('abort', this.#onAbort)
  }

  /** Gives the attempt up: what is still open of its exchange, such as an answer nobody read, is cut. */
  cut(): void {
    this.stop()
    this.#controller.abort(new TurnoutError('canceled', 'The attempt was given up.'))
  }
}
