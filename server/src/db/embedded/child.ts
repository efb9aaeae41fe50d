/**
 * The process of the embedded database: opens the directory, serves its
 * clients on a local socket, and goes when its owner and all clients are gone.
 * It starts with V8's optimising compiler for WebAssembly off, which makes it
 * 130 MB large instead of 590.
 *
 * PGlite keeps PostgreSQL's `fsync` off: a killed process loses nothing that
 * was acknowledged, a power cut may.
 */

import { fork } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { takeLock } from './lock.ts'
import { type ErrorReport, type Question, type RawResult, receive, send, socketPath } from './protocol.ts'
import { type Holder, Session } from './session.ts'

/** Exit status where another living process has the directory. */
const LOCKED = 75
const VACUUM_MS = 5 * 60_000
/** How long the database stays for a client that may still come. */
const LINGER_MS = 1_000

const asText = (value: string): string => value

/** Values come and go as text: the clients read and write them with the code that PostgreSQL clients use. */
function leaveAsText(converters: Record<number, unknown>): void {
  for (const oid of Object.keys(converters)) converters[Number(oid)] = asText
}

async function open(directory: string): Promise<PGlite> {
  const db = await PGlite.create(directory, {
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB', '-c', 'max_connections=5'],
  })
  leaveAsText(db.parsers)
  leaveAsText(db.serializers)
  return db
}

/** Makes the directory in a process that ends with it: initdb takes 300 MB that are never given back. */
async function initialise(directory: string): Promise<void> {
  const init = fork(import.meta.filename, ['init', directory], { stdio: 'ignore' })
  const status = await new Promise<number | null>((resolve) => init.once('exit', resolve))
  if (status !== 0) throw new Error(`the database directory could not be made (status ${status})`)
}

function report(error: unknown): ErrorReport {
  const { message, code, severity, detail, hint, table, column, constraint } = error as ErrorReport
  return { message: message ?? String(error), code, severity, detail, hint, table, column, constraint }
}

/** Serves one client until it hangs up. */
function attend(socket: Socket, session: Session, channels: Channels): void {
  const turns = new Map<number, Holder>()
  const holderOf = (turn: number): Holder => {
    const holder = turns.get(turn) ?? {}
    turns.set(turn, holder)
    return holder
  }
  const work = async (question: Question): Promise<RawResult | undefined> => {
    if (question.ask === 'query') return session.query(holderOf(question.turn), question.sql, question.parameters)
    if (question.ask === 'listen') await channels.join(question.channel, socket)
    else if (question.ask === 'begin') await session.begin(holderOf(question.turn))
    else {
      await session.end(holderOf(question.turn))
      turns.delete(question.turn)
    }
    return undefined
  }
  receive<Question>(socket, (question) => {
    work(question).then(
      (result) => send(socket, { id: question.id, result }),
      (error: unknown) => send(socket, { id: question.id, error: report(error) }),
    )
  })
  socket.on('close', () => {
    channels.leave(socket)
    for (const holder of turns.values()) void session.leave(holder)
  })
}

/** Who listens to what. */
class Channels {
  readonly #session: Session
  readonly #sockets = new Map<string, Set<Socket>>()

  constructor(session: Session) {
    this.#session = session
  }

  async join(channel: string, socket: Socket): Promise<void> {
    const known = this.#sockets.get(channel)
    if (known) {
      known.add(socket)
      return
    }
    const sockets = new Set([socket])
    this.#sockets.set(channel, sockets)
    await this.#session.listen(this, channel, (payload) => {
      for (const listener of sockets) send(listener, { channel, payload })
    })
  }

  leave(socket: Socket): void {
    for (const sockets of this.#sockets.values()) sockets.delete(socket)
  }
}

async function serve(dataDir: string): Promise<void> {
  const release = takeLock(join(dataDir, 'db.lock'))
  if (!release) process.exit(LOCKED)
  process.once('exit', release)
  const directory = join(dataDir, 'db')
  if (!existsSync(join(directory, 'PG_VERSION'))) await initialise(directory)
  const db = await open(directory)
  const session = new Session(db)
  const channels = new Channels(session)
  const clients = new Set<Socket>()
  const path = socketPath(dataDir)
  let owned = true

  const stop = async () => {
    server.close()
    for (const client of clients) client.destroy()
    await db.close()
    process.exit(0)
  }
  const leaveWhenAlone = () => {
    if (owned || clients.size > 0) return
    setTimeout(() => {
      if (clients.size === 0) void stop()
    }, LINGER_MS)
  }
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clients.delete(socket)
      leaveWhenAlone()
    })
    attend(socket, session, channels)
  })
  setInterval(() => {
    if (!session.used) return
    session.used = false
    void session.vacuum()
  }, VACUUM_MS)
  process.on('disconnect', () => {
    owned = false
    leaveWhenAlone()
  })
  // A signal to stop reaches the whole group of processes; while there is an owner, it decides when the database may go.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {
    if (!owned) void stop()
  })

  rmSync(path, { force: true })
  server.listen(path, () => process.send?.('ready'))
}

const [command, directory] = process.argv.slice(2)
if (command === 'init') await open(directory!).then((db) => db.close())
else await serve(directory!)
