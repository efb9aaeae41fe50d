import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

/**
 * What clients ask. `begin` waits until the turn, a number of the client's
 * choice, has the one session of the database to itself; `end` gives it back;
 * in between only queries of that turn run. Turn 0 never begins. A query is
 * refused after `until`, in epoch milliseconds, because nobody waits for its
 * answer any more; it must not be carried out when all believe that it was
 * not. `leave` is
 * the client's last question: the answer is that others are still there, or
 * else the end of the connection, once the database is at rest.
 */
export type Question =
  | { id: number; ask: 'query'; until: number; turn: number; sql: string; parameters: readonly (string | null)[] }
  | { id: number; ask: 'begin' | 'end'; turn: number }
  | { id: number; ask: 'listen'; channel: string }
  | { id: number; ask: 'leave'; owner: boolean }

/** The answer without a question, which greets a client that is being served. */
export const GREETING = 0

export interface RawResult {
  /** The command that was carried out, as PostgreSQL names it: after a transaction that failed, COMMIT is ROLLBACK. */
  command: string
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
