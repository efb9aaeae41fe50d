import type { ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { TurnoutError } from '../../core/error.ts'
import { CLOSE_MS } from '../limits.ts'
import { type Answer, type ErrorReport, GREETING, type Question, type RawResult, receive, send } from './protocol.ts'

/** How long the end of a turn, or the beginning of listening, may take. */
const ANSWER_MS = 5_000
/**
 * A database that has left a question unanswered is given only this long for
 * each further one, until it answers something: what asks it several things
 * one after the other fails about as fast as what asks one.
 */
const SILENT_MS = 1_000

/** An error that the database reports, with the fields that PostgreSQL clients know. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'

  constructor({ message, ...fields }: ErrorReport) {
    super(message)
    Object.assign(this, fields)
  }
}

const lost = (): TurnoutError =>
  new TurnoutError('overloaded', 'The connection to the embedded database was lost.', { retryAfterMs: SILENT_MS })

const unanswered = (): TurnoutError =>
  new TurnoutError('overloaded', 'The embedded database does not answer right now.', { retryAfterMs: SILENT_MS })

interface Pending {
  resolve(result: RawResult | undefined): void
  reject(error: Error): void
  timer?: NodeJS.Timeout | undefined
}

export interface ConnectionEvents {
  onNotify(channel: string, payload: string): void
  /** The connection has ended, for whatever reason. */
  onLost(): void
}

/** One connection to the process of the database. */
export class Connection {
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  readonly #child: ChildProcess | undefined
  readonly #ended: Promise<void>
  #lastId = GREETING
  #lastTurn = 0
  /** Whether the latest question that should have been answered was not. */
  #silent = false
  /** Since when an answer is overdue, while there are questions. */
  #waitingSince = 0
  closed = false

  /**
   * Connects to who serves at that path.
   * @param child The process of the database, where this process started it.
   * @returns undefined where nobody does, does not answer in time, or the signal says that it is not needed any more
   */
  static async dial(
    path: string,
    child: ChildProcess | undefined,
    events: ConnectionEvents,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<Connection | undefined> {
    const socket = connect(path)
    const giveUp = () => socket.destroy()
    const timer = setTimeout(giveUp, timeoutMs)
    signal.addEventListener('abort', giveUp, { once: true })
    const connection = new Connection(socket, child, events)
    try {
      await new Promise<RawResult | undefined>((resolve, reject) => {
        connection.#pending.set(GREETING, { resolve, reject })
      })
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
    void connection.#ended.then(events.onLost)
    return connection
  }

  private constructor(socket: Socket, child: ChildProcess | undefined, { onNotify }: ConnectionEvents) {
    this.#socket = socket
    this.#child = child
    receive<Answer>(socket, (answer) => {
      if ('channel' in answer) onNotify(answer.channel, answer.payload)
      else this.#settle(answer)
    })
    socket.on('error', () => socket.destroy())
    this.#ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.closed = true
        for (const { reject, timer } of this.#pending.values()) {
          clearTimeout(timer)
          reject(lost())
        }
        this.#pending.clear()
        resolve()
      })
    })
  }

  /** @throws TurnoutError overloaded after that time, which for no turn includes the wait for those of others */
  query(sql: string, parameters: readonly (string | null)[], turn: number, timeoutMs: number): Promise<RawResult> {
    const until = Number.isFinite(timeoutMs) ? Date.now() + timeoutMs : undefined
    const asked = this.#ask((id) => ({ id, ask: 'query', until, turn, sql, parameters }), timeoutMs)
    return asked as Promise<RawResult>
  }

  /**
   * Asks for the session of the database.
   * @returns the turn that will have it; `begun` rejects with TurnoutError overloaded after that time
   */
  begin(timeoutMs: number): { turn: number; begun: Promise<unknown> } {
    this.#lastTurn += 1
    const turn = this.#lastTurn
    return { turn, begun: this.#ask((id) => ({ id, ask: 'begin', turn }), timeoutMs) }
  }

  async end(turn: number): Promise<void> {
    await this.#ask((id) => ({ id, ask: 'end', turn }), ANSWER_MS)
  }

  async listen(channel: string): Promise<void> {
    await this.#ask((id) => ({ id, ask: 'listen', channel }), ANSWER_MS)
  }

  /**
   * Hangs up. The last client to do so waits until the database is at rest.
   * A process of our own that does not answer is killed, for it would hold the
   * directory for ever.
   */
  async close(): Promise<void> {
    const waited = this.#pending.size === 0 ? 0 : performance.now() - this.#waitingSince
    const timeoutMs = Math.max(SILENT_MS, CLOSE_MS - waited)
    try {
      await this.#ask((id) => ({ id, ask: 'leave', owner: this.#child !== undefined }), timeoutMs)
    } catch {
      // The last client expects this: the process ends instead of answering.
      if (!this.closed) this.#child?.kill('SIGKILL')
    }
    this.#socket.destroy()
    await this.#ended
  }

  #ask(question: (id: number) => Question, timeoutMs: number): Promise<RawResult | undefined> {
    if (this.closed) return Promise.reject(lost())
    this.#lastId += 1
    const id = this.#lastId
    const ms = this.#silent ? Math.min(timeoutMs, SILENT_MS) : timeoutMs
    if (this.#pending.size === 0) this.#waitingSince = performance.now()
    this.#socket.ref()
    return new Promise((resolve, reject) => {
      // An answer that came while this process was busy or asleep is read before its question is given up.
      const giveUp = () => setImmediate(() => this.#giveUp(id))
      const timer = Number.isFinite(ms) ? setTimeout(giveUp, ms) : undefined
      this.#pending.set(id, { resolve, reject, timer })
      send(this.#socket, question(id))
    })
  }

  #giveUp(id: number): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#silent = true
    this.#pending.delete(id)
    pending.reject(unanswered())
    if (this.#pending.size === 0) this.#socket.unref()
  }

  #settle(answer: Exclude<Answer, { channel: string }>): void {
    this.#silent = false
    this.#waitingSince = performance.now()
    const pending = this.#pending.get(answer.id)
    clearTimeout(pending?.timer)
    this.#pending.delete(answer.id)
    if ('error' in answer) pending?.reject(new DatabaseError(answer.error))
    else pending?.resolve(answer.result)
    // An idle connection keeps no process alive.
    if (this.#pending.size === 0) this.#socket.unref()
  }
}
