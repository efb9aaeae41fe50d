import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { deserialize, serialize } from 'node:v8'

/**
 * What clients ask. `begin` waits until the turn, a number of the client's
 * choice, has the one session of the database to itself; `end` gives it back;
 * in between only queries of that turn run. Turn 0 never begins.
 */
export type Question =
  | { id: number; ask: 'query'; turn: number; sql: string; parameters: readonly (string | null)[] }
  | { id: number; ask: 'begin' | 'end'; turn: number }
  | { id: number; ask: 'listen'; channel: string }

export interface RawResult {
  columns: readonly { name: string; oid: number }[]
  /** Values as PostgreSQL writes them, as text. */
  rows: readonly (string | null)[][]
  affectedRows: number
}

/** The fields of PostgreSQL's error report that programs look at. */
export interface ErrorReport {
  message: string
  code?: string | undefined
  severity?: string | undefined
  detail?: string | undefined
  hint?: string | undefined
  table?: string | undefined
  column?: string | undefined
  constraint?: string | undefined
}

export type Answer =
  | { id: number; result: RawResult | undefined }
  | { id: number; error: ErrorReport }
  | { channel: string; payload: string }

const LENGTH_BYTES = 4

/** Sends a message: its length, then the message as V8 writes it. */
export function send(socket: Socket, message: Question | Answer): void {
  const body = serialize(message)
  const head = Buffer.allocUnsafe(LENGTH_BYTES)
  head.writeUInt32BE(body.length)
  socket.cork()
  socket.write(head)
  socket.write(body)
  socket.uncork()
}

/** Calls back for every whole message that a socket brings. */
export function receive<T extends Question | Answer>(socket: Socket, onMessage: (message: T) => void): void {
  let chunks: Buffer[] = []
  let size = 0
  let needed = LENGTH_BYTES
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size < needed) return
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    for (;;) {
      needed = bytes.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + bytes.readUInt32BE()
      if (bytes.length < needed) break
      onMessage(deserialize(bytes.subarray(LENGTH_BYTES, needed)) as T)
      bytes = bytes.subarray(needed)
    }
    chunks = bytes.length === 0 ? [] : [bytes]
    size = bytes.length
  })
}

/** Unix domain sockets have no longer names. */
const MAX_SOCKET_PATH = 100

/** Where the database of a data directory is reached: in the directory, or under a short name where its path is too long. */
export function socketPath(dataDir: string): string {
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 20)
  if (process.platform === 'win32') return `\\\\.\\pipe\\turnout-${name}`
  const path = join(resolve(dataDir), 'db.sock')
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(tmpdir(), `turnout-${name}.sock`)
}
