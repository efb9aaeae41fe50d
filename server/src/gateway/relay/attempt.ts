import type { Usage } from '@turnout/contract'
import type { Dispatcher } from 'undici'
import { TurnoutError } from '../../core/error.ts'
import { exhaustedUntil } from '../../core/routing/rate-headers.ts'
import { saidNothing } from '../../core/validation/failure.ts'
import { networkCode, notDelivered } from '../../lib/http/pools.ts'
import { isEventStream } from '../../lib/sse.ts'
import type { Watchdog, Watched } from '../../lib/watchdog.ts'
import type { Wire } from '../wire.ts'
import { Passage, type Passed } from './passage.ts'
import { stallOf } from './stall.ts'
import type { RelayCall } from './types.ts'

/** The largest answer that is held in memory, and the largest single event of a stream. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024
const MAX_EVENT_BYTES = 64 * 1024 * 1024
const MAX_ERROR_BYTES = 64 * 1024
/** How long a client may leave an answer unread before it is taken for dead. */
const UNREAD_MS = 60_000
/** How long an upstream may keep quiet after a complete answer: usage and the end marker may still come. */
const LINGER_MS = 5_000

/** What happens to an attempt, told to the relay that made it. */
export interface AttemptListener {
  onAnswer(attempt: RelayAttempt, body: Buffer, contentType: string): void
  /** The first content is there: from now on the stream is committed. */
  onCommit(attempt: RelayAttempt): void
  onEvents(attempt: RelayAttempt, bytes: Buffer): boolean
  onComplete(attempt: RelayAttempt): void
  /** The same of a stream of which nothing has been handed on: all that belongs to it. */
  onHeld(attempt: RelayAttempt, pieces: readonly Buffer[]): void
  onFailure(attempt: RelayAttempt, error: TurnoutError): void
  /** The provider says that it will take nothing more until then, in epoch milliseconds. */
  onLimit(until: number): void
  onUnread(attempt: RelayAttempt): void
  /** The answer is whole, but not in the form that was asked for; its end has not been handed on. */
  onUnfit(attempt: RelayAttempt, problem: string): void
}

type State = 'waiting' | 'refused' | 'buffering' | 'streaming' | 'over'
type Headers = Record<string, string | string[] | undefined>

/** One call to one deployment, from the request that goes out to the last byte that comes back. */
export class RelayAttempt implements Dispatcher.DispatchHandler, Watched {
  deadline: number
  slot = -1
  /** The request has been handed to a connection: from now on it may have been carried out. */
  delivered = false
  committed = false
  /** Epoch milliseconds of the first content. */
  committedAt = 0
  readonly #call: RelayCall
  readonly #wire: Wire
  readonly #listener: AttemptListener
  readonly #watchdog: Watchdog
  readonly #totalBy: number
  readonly #totalMs: number
  readonly #stallMs: number
  #state: State = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: Headers = {}
  #chunks: Buffer[] = []
  #size = 0
  #paused = false
  /** Through it go the bytes of a stream. */
  #passage: Passage | undefined

  constructor(call: RelayCall, wire: Wire, listener: AttemptListener, watchdog: Watchdog) {
    this.#call = call
    this.#wire = wire
    this.#listener = listener
    this.#watchdog = watchdog
    const { timeouts } = call.deployment
    this.#stallMs = stallOf(call)
    const now = Date.now()
    this.#totalBy = Math.min(now + timeouts.totalMs, call.trail?.by ?? Number.POSITIVE_INFINITY)
    this.#totalMs = this.#totalBy - now
    this.deadline = call.streamed ? Math.min(this.#totalBy, now + timeouts.firstPartMs) : this.#totalBy
  }

  get usage(): Usage {
    return this.#passage?.reader.usage ?? {}
  }

  /** Pictures that a stream has completed. */
  get images(): number {
    return this.#passage?.reader.images ?? 0
  }

  /** The client has seen something of the answer. */
  get shown(): boolean {
    return this.committed && this.#call.held !== true
  }

  get upstreamRequestId(): string | undefined {
    const id = this.#headers['x-request-id'] ?? this.#headers['request-id']
    return id === undefined ? undefined : String(id)
  }

  start(): void {
    this.#watchdog.add(this)
    const { body, contentType, streamed } = this.#call
    const accept = streamed ? 'text/event-stream' : 'application/json'
    const headers = [...this.#wire.headers, 'content-type', contentType, 'accept', accept]
    this.#wire.pool.dispatch({ path: this.#wire.path, method: 'POST', headers, body, reset: this.#wire.fresh }, this)
  }

  /** Gives the attempt up: the connection is cut and nothing more is told. */
  abort(): void {
    if (this.#state === 'over') return
    this.#over()
    this.#controller?.abort(new Error('aborted'))
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#touch()
    this.#controller?.resume()
  }

  onDeadline(now: number): void {
    if (this.#state === 'over') {
      this.#watchdog.delete(this)
      this.#controller?.abort(new Error('lingering'))
    } else if (this.#paused) this.#listener.onUnread(this)
    else if (this.#isComplete()) this.#complete(true)
    else {
      const { firstPartMs } = this.#call.deployment.timeouts
      const begun = this.committed || this.#state === 'buffering'
      const limit =
        now >= this.#totalBy
          ? `did not finish within ${this.#totalMs} ms`
          : begun
            ? `sent nothing for ${this.#stallMs} ms`
            : `sent no content within ${firstPartMs} ms`
      this.#fail(this.#error('timeout', limit))
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === 'over') controller.abort(new Error('aborted'))
    else this.delivered = true
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // They would keep the bytes in which they came for as long as a stream lasts.
    controller.rawHeaders = null
    if (status < 200 || this.#state === 'over') return
    this.#status = status
    this.#headers = headers
    const until = exhaustedUntil(headers, Date.now())
    if (until !== undefined) this.#listener.onLimit(until)
    if (status >= 300) {
      this.#state = 'refused'
      return
    }
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      this.#fail(
        this.#error('invalid_output', `encoded its answer as ${encoding}, which was not asked for`, {
          retryable: false,
        }),
      )
    } else if (this.#call.streamed && isEventStream(headers['content-type'])) {
      this.#state = 'streaming'
      this.#passage = new Passage(this.#call)
    } else {
      this.#state = 'buffering'
      this.#touch()
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'over') return
    if (this.#state === 'streaming') {
      if (this.committed) this.#touch()
      this.#pass(this.#passage!.push(chunk))
      if (this.#passage!.pending > MAX_EVENT_BYTES) this.#fail(this.#error('invalid_output', 'sent an endless event'))
      return
    }
    this.#size += chunk.length
    if (this.#state === 'refused') {
      if (this.#size <= MAX_ERROR_BYTES) this.#chunks.push(chunk)
      return
    }
    if (this.#size > MAX_ANSWER_BYTES) {
      this.#fail(this.#error('invalid_output', `sent more than ${MAX_ANSWER_BYTES} bytes`))
      return
    }
    this.#chunks.push(chunk)
    this.#touch()
  }

  onResponseEnd(): void {
    if (this.#state === 'over') {
      this.#watchdog.delete(this)
      return
    }
    if (this.#state === 'streaming') {
      this.#pass(this.#passage!.flush())
      if (!this.#isOver()) this.#endOfStream()
      return
    }
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    if (this.#state === 'refused') {
      this.#fail(this.refusal(body.toString('utf8')))
      return
    }
    this.#over()
    this.#listener.onAnswer(this, body, String(this.#headers['content-type'] ?? 'application/json'))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#state === 'over') {
      this.#watchdog.delete(this)
      return
    }
    if (this.#isComplete()) {
      this.#complete(false)
      return
    }
    const code = networkCode(error)
    if (notDelivered(code)) this.delivered = false
    const what = this.delivered ? 'closed the connection before the answer was complete' : 'cannot be reached'
    const kind = code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'connection'
    this.#fail(this.#error(kind, `${what} (${code})`, { cause: error }))
  }

  /** A failed answer, by what it says. */
  refusal(body: string): TurnoutError {
    const headers: Record<string, string> = {}
    for (const name in this.#headers) headers[name] = String(this.#headers[name])
    return this.#wire.door.error(this.#status, headers, body, this.#call.deployment.provider.id)
  }

  /** Does with a piece of a stream what it came to. */
  #pass({ pieces, content, end }: Passed): void {
    if (this.committed || (content && end !== 'unfit' && !this.#isEmpty)) this.#forward(pieces)
    else this.#chunks.push(...pieces)
    if (this.#isOver()) return
    if (end === 'error') this.#fail(this.refusal(this.#passage!.reader.error))
    else if (end === 'broken') this.#fail(this.#error('invalid_output', 'sent a damaged piece of its answer'))
    else if (end === 'unfit') {
      this.abort()
      this.#listener.onUnfit(this, this.#passage!.problem)
    } else if (end === 'complete') this.#endOfStream(true)
    else if (this.#isComplete() && !this.#paused) this.deadline = Math.min(this.#totalBy, Date.now() + LINGER_MS)
  }

  #forward(pieces: readonly Buffer[]): void {
    if (!this.committed) {
      this.committed = true
      this.committedAt = Date.now()
      this.#call.trail?.heard(this.#call.deployment)
      this.#touch()
      if (this.shown) {
        this.#listener.onCommit(this)
        for (const held of this.#chunks) this.#send(held)
        this.#chunks = []
      }
    }
    if (this.shown) for (const piece of pieces) this.#send(piece)
    else this.#hold(pieces)
  }

  #hold(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      // A piece may be a small part of a large buffer that would be kept with it.
      this.#chunks.push(Buffer.from(piece))
      this.#size += piece.length
    }
    if (this.#size > MAX_ANSWER_BYTES) {
      this.#fail(this.#error('invalid_output', `sent more than ${MAX_ANSWER_BYTES} bytes`))
    }
  }

  #send(bytes: Buffer): void {
    if (this.#isOver() || this.#listener.onEvents(this, bytes) || this.#paused) return
    this.#paused = true
    this.deadline = Date.now() + UNREAD_MS
    this.#controller?.pause()
  }

  /** The upstream has nothing more to say, by its end marker or by closing. */
  #endOfStream(marked = false): void {
    if (this.#isComplete() || (this.committed && marked && this.#passage!.reader.wholeIfMarked)) {
      this.#complete(marked)
      return
    }
    if (this.#isEmpty) {
      this.#fail(saidNothing(this.#call.deployment.provider.id, this.upstreamRequestId))
      return
    }
    const what = this.committed
      ? 'ended the stream before the answer was complete'
      : 'ended the stream without an answer'
    this.#fail(this.#error(this.committed ? 'connection' : 'invalid_output', what))
  }

  /** It says nothing where somebody else may say more. */
  get #isEmpty(): boolean {
    return this.#call.trail?.refusesEmpty === true && this.#passage!.reader.saysNothing
  }

  #isComplete(): boolean {
    return this.committed && this.#passage!.reader.complete
  }

  /** @param lingering The upstream still holds the connection; it is cut if it goes on for long. */
  #complete(lingering: boolean): void {
    this.#over()
    if (lingering) {
      this.deadline = Date.now() + LINGER_MS
      this.#watchdog.add(this)
    }
    if (this.shown) this.#listener.onComplete(this)
    else this.#listener.onHeld(this, this.#chunks)
  }

  #touch(): void {
    if (!this.#paused) this.deadline = Math.min(this.#totalBy, Date.now() + this.#stallMs)
  }

  #error(
    code: 'timeout' | 'connection' | 'invalid_output',
    what: string,
    options: { cause?: Error; retryable?: boolean } = {},
  ): TurnoutError {
    const provider = this.#call.deployment.provider.id
    const { delivered, upstreamRequestId } = this
    return new TurnoutError(code, `${provider} ${what}.`, { provider, upstreamRequestId, delivered, ...options })
  }

  #fail(error: TurnoutError): void {
    this.abort()
    this.#listener.onFailure(this, error)
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  #over(): void {
    this.#state = 'over'
    this.#watchdog.delete(this)
  }
}
