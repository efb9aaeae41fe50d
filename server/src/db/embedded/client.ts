import { connect, type Socket } from 'node:net'
import { TurnoutError } from '../../core/error.ts'
import { type Answer, type ErrorReport, GREETING, type Question, type RawResult, receive, send } from './protocol.ts'

/** How long the database may take to come to rest. */
const CLOSE_MS = 10_000

/** An error that the database reports, with the fields that PostgreSQL clients know. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'

  constructor({ message, ...fields }: ErrorReport) {
    super(message)
    Object.assign(this, fields)
  }
}

const lost = (): TurnoutError => new TurnoutError('connection', 'The connection to the embedded database was lost.')

interface Pending {
  resolve(result: RawResult | undefined): void
  reject(error: Error): void
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
  readonly #owner: boolean
  readonly #ended: Promise<void>
  #lastId = GREETING
  #lastTurn = 0
  closed = false

  /**
   * Connects to who serves at that path.
   * @param owner Whether this process started the process of the database.
   * @returns undefined where nobody does, or does not answer in time
   */
  static async dial(
    path: string,
    owner: boolean,
    events: ConnectionEvents,
    timeoutMs: number,
  ): Promise<Connection | undefined> {
    const socket = connect(path)
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    const connection = new Connection(socket, owner, events)
    try {
      await new Promise<RawResult | undefined>((resolve, reject) => {
        connection.#pending.set(GREETING, { resolve, reject })
      })
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
    }
    void connection.#ended.then(events.onLost)
    return connection
  }

  private constructor(socket: Socket, owner: boolean, { onNotify }: ConnectionEvents) {
    this.#socket = socket
    this.#owner = owner
    receive<Answer>(socket, (answer) => {
      if ('channel' in answer) onNotify(answer.channel, answer.payload)
      else this.#settle(answer)
    })
    socket.on('error', () => socket.destroy())
    this.#ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.closed = true
        for (const { reject } of this.#pending.values()) reject(lost())
        this.#pending.clear()
        resolve()
      })
    })
  }

  query(sql: string, parameters: readonly (string | null)[], turn: number): Promise<RawResult> {
    return this.#ask((id) => ({ id, ask: 'query', turn, sql, parameters })) as Promise<RawResult>
  }

  /** Waits for the session of the database; the answer is the turn that has it. */
  async begin(): Promise<number> {
    this.#lastTurn += 1
    const turn = this.#lastTurn
    await this.#ask((id) => ({ id, ask: 'begin', turn }))
    return turn
  }

  async end(turn: number): Promise<void> {
    await this.#ask((id) => ({ id, ask: 'end', turn }))
  }

  async listen(channel: string): Promise<void> {
    await this.#ask((id) => ({ id, ask: 'listen', channel }))
  }

  /** Hangs up. The last client to do so waits until the database is at rest. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_MS)
    // Failing is what the last client expects: the process ends instead of answering.
    await this.#ask((id) => ({ id, ask: 'leave', owner: this.#owner })).catch(() => {})
    clearTimeout(timer)
    this.#socket.destroy()
    await this.#ended
  }

  #ask(question: (id: number) => Question): Promise<RawResult | undefined> {
    if (this.closed) return Promise.reject(lost())
    this.#lastId += 1
    const id = this.#lastId
    this.#socket.ref()
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      send(this.#socket, question(id))
    })
  }

  #settle(answer: Exclude<Answer, { channel: string }>): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if ('error' in answer) pending?.reject(new DatabaseError(answer.error))
    else pending?.resolve(answer.result)
    // An idle connection keeps no process alive.
    if (this.#pending.size === 0) this.#socket.unref()
  }
}
