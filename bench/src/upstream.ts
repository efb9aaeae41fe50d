/**
 * The upstream of the bench: a net server that answers at once and from
 * memory, so that it takes little of the machine that is measured. It behaves
 * as its parent says.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { serveCommands } from './commands.ts'
import { MessageReader } from './http.ts'
import type { Behaviour, Listening } from './messages.ts'
import { chunk, completion, streamEnd } from './payload.ts'

const model = 'gpt-bench-2026-01-01'

const sized = (status: string, body: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

const framed = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const ANSWER = sized('200 OK', completion(model))
/** Whatever is not a chat request comes from somebody who looks around: there are no models. */
const NOTHING = sized('200 OK', '{"object":"list","data":[]}')
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\n' +
  'transfer-encoding: chunked\r\n\r\n'
const FIRST = Buffer.from(STREAM_HEAD + framed(chunk(model, { role: 'assistant', content: 'The' })))
const MIDDLE = Buffer.from(framed(chunk(model, { content: ' train' })))
const LAST = Buffer.from(`${framed(chunk(model, {}, 'stop'))}${framed(streamEnd(model))}0\r\n\r\n`)

let behaviour: Behaviour = { kind: 'json' }

function stream(socket: Socket, chunks: number, gapMs: number): void {
  let sent = 0
  const send = () => {
    if (socket.destroyed) return
    sent += 1
    socket.write(sent === 1 ? FIRST : sent === chunks ? LAST : MIDDLE)
    if (sent === chunks) return
    if (gapMs === 0) send()
    else setTimeout(send, gapMs * (0.5 + Math.random()))
  }
  send()
}

const server = createServer({ noDelay: true }, (socket) => {
  let isChat = false
  const reader = new MessageReader({
    head: (head) => {
      isChat = head.startsWith('POST')
    },
    data: () => {},
    end: () => {
      if (!isChat) socket.write(NOTHING)
      else if (behaviour.kind === 'json') socket.write(ANSWER)
      else if (behaviour.kind === 'hold') socket.write(FIRST)
      else stream(socket, behaviour.chunks, behaviour.gapMs)
    },
  })
  socket.on('data', (bytes) => reader.push(bytes))
  socket.on('error', () => socket.destroy())
})

const listening = new Promise<Listening>((resolve) => {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
    resolve({ port: (server.address() as AddressInfo).port }),
  )
})

serveCommands((command: Behaviour) => {
  behaviour = command
  return listening
})
