import { TurnoutError } from '../../core/error.ts'
import type { AnswerHead, Cut, RelayClient, Running } from '../relay/types.ts'
import type { Chain, Leg } from './chain.ts'
import { Duel } from './duel.ts'

/** Makes what brings the answer of one deployment. @throws TurnoutError where that does not take the request */
export type Begin = (leg: Leg, client: RelayClient) => Running

/** Makes what goes on with an answer that broke off. */
export type GoOn = (cut: Cut, client: RelayClient) => Running

/**
 * Brings the answer of the first deployment that gives one. Until something of
 * an answer has been shown, a failure leads on to the next deployment unseen;
 * from then on others go on with the answer where they can, and the client
 * hears of it where not.
 */
export class Fallback implements Running, RelayClient {
  readonly #chain: Chain
  readonly #begin: Begin
  readonly #client: RelayClient
  readonly #goOn: GoOn | undefined
  #running: Running | undefined
  #shown = false
  #canceled = false

  constructor(chain: Chain, begin: Begin, client: RelayClient, goOn?: GoOn) {
    this.#chain = chain
    this.#begin = begin
    this.#client = client
    this.#goOn = goOn
  }

  get attempts(): number {
    return this.#chain.trail.attempts
  }

  get fallbacks(): number {
    return this.#chain.fallbacks
  }

  start(): void {
    for (let leg = this.#chain.next(); leg !== undefined; leg = this.#chain.next()) {
      try {
        const delay = this.#chain.hedgeDelay
        this.#running =
          delay === undefined ? this.#begin(leg, this) : new Duel(this.#chain, leg, delay, this.#begin, this)
        this.#running.start()
        return
      } catch (thrown) {
        if (!this.#chain.goesOn(TurnoutError.from(thrown))) break
      }
    }
    this.#client.fail(this.#chain.failure(), this.attempts)
  }

  cancel(): void {
    this.#canceled = true
    this.#running?.cancel()
  }

  resume(): void {
    this.#running?.resume()
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    this.#shown = true
    this.#client.answer(head, cost, body)
  }

  begin(head: AnswerHead): void {
    this.#shown = true
    this.#client.begin(head)
  }

  write(bytes: Buffer): boolean {
    return this.#client.write(bytes)
  }

  end(cost: bigint | null): void {
    this.#client.end(cost)
  }

  fail(error: TurnoutError, attempts: number, cut?: Cut): void {
    if (this.#shown || this.#canceled) {
      // Whoever goes on tells the client itself how it ends.
      const heir = cut && !this.#canceled ? this.#goOn?.(cut, this.#client) : undefined
      if (heir === undefined) {
        this.#client.fail(error, attempts)
        return
      }
      this.#running = heir
      heir.start()
    } else if (this.#chain.goesOn(error)) this.start()
    else this.#client.fail(this.#chain.failure(), this.attempts)
  }
}
