import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TurnoutError } from '../../core/error.ts'
import type { Log } from '../database.ts'
import { type Answer, type ErrorReport, type Question, type RawResult, receive, send, socketPath } from './protocol.ts'

const OPEN_MS = 60_000
const RETRY_MS = 50

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
  onLost(): void
}

/** One connection to the process of the database. */
export class Connection {
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  readonly #child: ChildProcess | undefined
  #lastId = 0
  #lastTurn = 0
  closed = false

  /** @param child The process of the database, where this process started it. */
  constructor(socket: Socket, child: ChildProcess | undefined, { onNotify, onLost }: ConnectionEvents) {
    this.#socket = socket
    this.#child = child
    receive<Answer>(socket, (answer) => {
      if ('channel' in answer) {
        onNotify(answer.channel, answer.payload)
        return
      }
      const pending = this.#pending.get(answer.id)
      this.#pending.delete(answer.id)
      if ('error' in answer) pending?.reject(new DatabaseError(answer.error))
      else pending?.resolve(answer.result)
      this.#sleepWhenIdle()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.closed = true
      for (const { reject } of this.#pending.values()) reject(lost())
      this.#pending.clear()
      onLost()
    })
    socket.unref()
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

  /** Hangs up; a database that this process started leaves with its last client. */
  close(): void {
    this.#socket.destroy()
    if (this.#child?.connected) this.#child.disconnect()
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

  /** An idle connection keeps no process alive. */
  #sleepWhenIdle(): void {
    if (this.#pending.size === 0) this.#socket.unref()
  }
}

function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(undefined))
  })
}

/** The program of the database's process: a source file here, a built one where this file is built. */
function childPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./child.${extension}`, import.meta.url))
}

/** Starts the process of the database; resolves when it serves, or to undefined when another does. */
function startChild(dataDir: string, log: Log): Promise<ChildProcess | undefined> {
  const child = fork(childPath(), ['serve', dataDir], {
    execArgv: ['--liftoff-only'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr?.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(-4_000)
  })
  return new Promise((resolve, reject) => {
    child.once('message', () => {
      child.unref()
      child.channel?.unref()
      ;(child.stderr as Socket | null)?.unref()
      resolve(child)
    })
    child.once('error', reject)
    child.once('exit', (status) => {
      if (status === 0 || status === 75) resolve(undefined)
      else {
        log.error({ status, complaint }, 'the process of the embedded database ended')
        reject(
          new TurnoutError(
            'internal',
            `The embedded database could not be opened: ${/^\w*Error.*$/m.exec(complaint)?.[0] ?? `status ${status}`}`,
          ),
        )
      }
    })
  })
}

/** A connection to whoever serves the directory, and where nobody does, to a process of our own. */
export async function openConnection(dataDir: string, log: Log, events: ConnectionEvents): Promise<Connection> {
  mkdirSync(dataDir, { recursive: true })
  const path = socketPath(dataDir)
  const deadline = Date.now() + OPEN_MS
  while (Date.now() < deadline) {
    const socket = await dial(path)
    if (socket) return new Connection(socket, undefined, events)
    const child = await startChild(dataDir, log)
    const own = await dial(path)
    if (own) return new Connection(own, child, events)
    // Another process holds the lock and does not serve yet.
    await wait(RETRY_MS)
  }
  throw new TurnoutError('overloaded', `The embedded database in ${dataDir} is held by a process that does not answer.`)
}
