import type { TurnoutError } from '../../core/error.ts'
import type { AnswerHead, Cut, RelayClient, Running } from '../relay/types.ts'
import type { Chain, Leg } from './chain.ts'
import { type Contender, Contest } from './contest.ts'
import type { Begin } from './fallback.ts'

/** Asks one deployment, and takes what it says for as long as it is the one who answers. */
class Lane implements Contender, RelayClient {
  readonly leg: Leg
  readonly running: Running
  readonly #duel: Duel

  constructor(duel: Duel, leg: Leg, begin: Begin) {
    this.leg = leg
    this.#duel = duel
    this.running = begin(leg, this)
  }

  start(): void {
    this.running.start()
  }

  cancel(): void {
    this.running.cancel()
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    if (this.#duel.begins(this)) this.#duel.client.answer(this.#duel.told(head), cost, body)
  }

  begin(head: AnswerHead): void {
    if (this.#duel.begins(this)) this.#duel.client.begin(this.#duel.told(head))
  }

  write(bytes: Buffer): boolean {
    return this.#duel.client.write(bytes)
  }

  end(cost: bigint | null): void {
    this.#duel.client.end(cost)
  }

  fail(error: TurnoutError, attempts: number, cut?: Cut): void {
    if (this.#duel.fails(this, error)) this.#duel.client.fail(error, attempts, cut)
  }
}

/** Brings the answer of a deployment, or of another one that is asked when the first does not begin in time. */
export class Duel implements Running {
  readonly client: RelayClient
  readonly #chain: Chain
  readonly #delay: number
  readonly #contest: Contest<Lane>
  #winner: Lane | undefined

  /**
   * @param delay Until the other one is asked, in milliseconds.
   * @throws TurnoutError where the deployment does not take the request
   */
  constructor(chain: Chain, leg: Leg, delay: number, begin: Begin, client: RelayClient) {
    this.client = client
    this.#chain = chain
    this.#delay = delay
    this.#contest = new Contest(chain, leg, (each) => new Lane(this, each, begin))
  }

  get attempts(): number {
    return this.#chain.trail.attempts
  }

  start(): void {
    this.#contest.start(this.#delay)
  }

  cancel(): void {
    this.#contest.cancel()
  }

  resume(): void {
    this.#winner?.running.resume()
  }

  begins(lane: Lane): boolean {
    if (!this.#contest.begins(lane)) return false
    this.#winner = lane
    return true
  }

  fails(lane: Lane, error: TurnoutError): boolean {
    return this.#contest.fails(lane, error)
  }

  /** What is known of an answer, with what was asked besides it. */
  told(head: AnswerHead): AnswerHead {
    const { hedged } = this.#chain
    return hedged === undefined ? head : { ...head, attempts: this.attempts, hedged }
  }
}
