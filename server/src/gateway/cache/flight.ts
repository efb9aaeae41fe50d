import { TurnoutError } from '../../core/error.ts'
import type { AnswerHead, RelayClient, Running } from '../relay/types.ts'

/** How much may wait for a client that reads more slowly than others of the same stream, in bytes. */
const MOST_BEHIND_BYTES = 16 * 1024 * 1024

/** An answer when it is whole. */
export interface WholeFlight {
  head: AnswerHead
  body: Buffer
  streamed: boolean
}

export interface FlightPlan {
  /** A stream is handed to no further client once more of it has come, in bytes. */
  mostBytes: number
  /** The answer is there, with all that it says. */
  onWhole(whole: WholeFlight): void
  /** Nobody can join any more. Called once. */
  onClosed(): void
}

/** One of those who get the answer. */
class Seat {
  readonly client: RelayClient
  readonly isFirst: boolean
  #behind = 0

  constructor(client: RelayClient, isFirst: boolean) {
    this.client = client
    this.isFirst = isFirst
  }

  /** Only the one for whom it was made had attempts, and pays for them. */
  head(head: AnswerHead): AnswerHead {
    return this.isFirst ? head : { ...head, attempts: 0, hedged: undefined }
  }

  cost(cost: bigint | null): bigint | null {
    return this.isFirst ? cost : 0n
  }

  /** False where the client has not read what it was sent. */
  write(bytes: Buffer): boolean {
    if (this.client.write(bytes)) return true
    this.#behind += bytes.length
    return false
  }

  caughtUp(): void {
    this.#behind = 0
  }

  get isLost(): boolean {
    return this.#behind > MOST_BEHIND_BYTES
  }
}

/**
 * One answer on its way to all who asked for the same. It goes on for as long
 * as one of them is there, whoever came first, and at the pace of whoever
 * reads fastest.
 */
export class Flight implements RelayClient {
  readonly #plan: FlightPlan
  readonly #seats = new Map<RelayClient, Seat>()
  #running: Running | undefined
  #head: AnswerHead | undefined
  /** What has come of a stream; undefined once it is too much. */
  #pieces: Buffer[] | undefined = []
  #bytes = 0
  #isOver = false

  constructor(plan: FlightPlan) {
    this.#plan = plan
  }

  get attempts(): number {
    return this.#running?.attempts ?? 0
  }

  get fallbacks(): number {
    return this.#running?.fallbacks ?? 0
  }

  /** Begins, for its first client. */
  start(running: Running, client: RelayClient): void {
    this.#running = running
    this.#seats.set(client, new Seat(client, true))
    try {
      running.start()
    } catch (thrown) {
      this.fail(TurnoutError.from(thrown), 0)
    }
  }

  /** A further client gets what has come so far, and then what comes. */
  join(client: RelayClient): void {
    const seat = new Seat(client, false)
    this.#seats.set(client, seat)
    if (this.#head === undefined) return
    client.begin(seat.head(this.#head))
    for (const piece of this.#pieces!) seat.write(piece)
  }

  /** Only when nobody is left is the answer given up. */
  leave(client: RelayClient): void {
    if (!this.#seats.delete(client) || this.#seats.size > 0 || this.#isOver) return
    this.#over()
    this.#running!.cancel()
  }

  /** A client is ready for more. */
  resume(client: RelayClient): void {
    this.#seats.get(client)?.caughtUp()
    if (!this.#isOver) this.#running!.resume()
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    if (this.#isOver) return
    this.#over()
    this.#plan.onWhole({ head, body, streamed: false })
    for (const seat of this.#seats.values()) seat.client.answer(seat.head(head), seat.cost(cost), body)
  }

  begin(head: AnswerHead): void {
    if (this.#isOver) return
    this.#head = head
    for (const seat of this.#seats.values()) seat.client.begin(seat.head(head))
  }

  write(bytes: Buffer): boolean {
    if (this.#isOver) return true
    this.#collect(bytes)
    let isRead = false
    for (const seat of this.#seats.values()) {
      if (seat.write(bytes)) isRead = true
      else if (seat.isLost) {
        this.#seats.delete(seat.client)
        seat.client.fail(new TurnoutError('canceled', 'The answer was not read.'), 0)
      }
    }
    return isRead
  }

  end(cost: bigint | null): void {
    if (this.#isOver) return
    this.#over()
    if (this.#pieces) this.#plan.onWhole({ head: this.#head!, body: Buffer.concat(this.#pieces), streamed: true })
    for (const seat of this.#seats.values()) seat.client.end(seat.cost(cost))
  }

  fail(error: TurnoutError, attempts: number): void {
    if (this.#isOver) return
    this.#over()
    for (const seat of this.#seats.values()) seat.client.fail(error, seat.isFirst ? attempts : 0)
  }

  #collect(bytes: Buffer): void {
    if (this.#pieces === undefined) return
    this.#bytes += bytes.length
    if (this.#bytes > this.#plan.mostBytes) {
      this.#pieces = undefined
      this.#plan.onClosed()
      // A piece may be a small part of a large buffer that would be kept with it.
    } else this.#pieces.push(Buffer.from(bytes))
  }

  #over(): void {
    this.#isOver = true
    if (this.#pieces) this.#plan.onClosed()
  }
}
