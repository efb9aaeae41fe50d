/**
 * The load generator: keep-alive connections on net, one request at a time on
 * each. An answer that is not what it should be ends the run, because a figure
 * for failures is worth nothing.
 */
import { connect, type Socket } from 'node:net'
import { serveCommands } from './commands.ts'
import { MessageReader } from './http.ts'
import type { LoadCommand, LoadResult, Target } from './messages.ts'
import { END_MARKER } from './payload.ts'
import { quantile } from './statistics.ts'

const OPENING_AT_ONCE = 50
const TAIL = Buffer.from(END_MARKER)

function requestBytes({ headers }: Target, body: string): Buffer {
  const lines = Object.entries({ accept: '*/*', 'user-agent': 'turnout-bench', ...headers })
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** Rejects when it takes longer than it may. */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(reject, ms, new Error(`not done within ${ms} ms`)).unref())
  return Promise.race([work, late])
}

/** Connects; `onHead` and the others hear of each answer, `onBroken` of what must not happen. */
function client(port: number, onData: (bytes: Buffer) => void, onEnd: () => void, onBroken: (error: Error) => void) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const reader = new MessageReader({
    head: (head) => {
      if (!head.startsWith('HTTP/1.1 200')) onBroken(new Error(`the answer is ${head.slice(0, head.indexOf('\r'))}`))
    },
    data: onData,
    end: onEnd,
  })
  socket.on('data', (bytes) => reader.push(bytes))
  socket.on('error', onBroken)
  socket.on('close', () => onBroken(new Error('the connection was closed')))
  return socket
}

function run({ target, body, connections, requests, timeoutMs }: LoadCommand & { do: 'run' }): Promise<LoadResult> {
  const bytes = requestBytes(target, body)
  const streamed = body.includes('"stream":true')
  const latencies = new Float64Array(requests)
  const sockets: Socket[] = []
  let started = 0
  let ended = 0
  let reads = 0
  const startedAt = performance.now()
  const done = new Promise<LoadResult>((resolve, reject) => {
    const finish = () => {
      const elapsedMs = performance.now() - startedAt
      latencies.sort()
      resolve({ requests, elapsedMs, reads, medianMs: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) })
    }
    for (let i = 0; i < Math.min(connections, requests); i += 1) {
      let sentAt = 0
      let last: Buffer | undefined
      const next = () => {
        if (started === requests) return
        started += 1
        last = undefined
        sentAt = performance.now()
        socket.write(bytes)
      }
      const answered = () => {
        if (last === undefined || (streamed && !last.subarray(-TAIL.length).equals(TAIL))) {
          reject(new Error('an answer was not whole'))
          return
        }
        latencies[ended] = performance.now() - sentAt
        ended += 1
        if (ended === requests) finish()
        else next()
      }
      const socket = client(
        target.port,
        (piece) => {
          last = piece.length < TAIL.length && last ? Buffer.concat([last.subarray(-TAIL.length), piece]) : piece
        },
        answered,
        reject,
      )
      socket.on('data', () => {
        reads += 1
      })
      socket.once('connect', next)
      sockets.push(socket)
    }
  })
  return within(timeoutMs, done).finally(() => {
    for (const socket of sockets) socket.destroy()
  })
}

const open = new Set<Socket>()

async function openStreams({ target, body, streams, timeoutMs }: LoadCommand & { do: 'open' }): Promise<void> {
  const bytes = requestBytes(target, body)
  let left = streams
  const openInTurn = async () => {
    while (left > 0) {
      left -= 1
      await new Promise<void>((resolve, reject) => {
        const socket = client(
          target.port,
          () => resolve(),
          () => reject(new Error('a stream ended')),
          reject,
        )
        socket.once('connect', () => socket.write(bytes))
        open.add(socket)
      })
    }
  }
  await within(timeoutMs, Promise.all(Array.from({ length: OPENING_AT_ONCE }, openInTurn)))
}

function close(): void {
  for (const socket of open) socket.destroy()
  open.clear()
}

serveCommands((command: LoadCommand) => {
  if (command.do === 'run') return run(command)
  return command.do === 'open' ? openStreams(command) : close()
})
