import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ChunkedBody } from './chunks.ts'

let answer: (body: ChunkedBody, response: ServerResponse) => void | Promise<void>
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  void answer(new ChunkedBody(response), response)
})
let port: number
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
afterAll(() => agent.destroy())

async function get() {
  const asked = request({ port, host: '127.0.0.1', agent }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  return { body: Buffer.concat(pieces), response, reused: asked.reusedSocket }
}

/** What comes over the wire. */
async function raw(head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`${head}\r\n\r\n`)
  let text = ''
  for await (const piece of socket) text += String(piece)
  return text
}

test('a client gets all bytes of pieces of every size, the trailers, and the next answer on the same connection', async () => {
  const sizes = [1, 15, 16, 17, 255, 256, 257, 3_071, 3_072, 3_073, 4_095, 4_096, 65_536, 1_000_000, 0, 9]
  const pieces = sizes.map((size, index) => Buffer.alloc(size, 97 + index))
  answer = (body) => {
    for (const piece of pieces) body.write(piece)
    body.end('end: ü\n\n', { 'x-cost': '0.25' })
  }
  for (const round of [0, 1]) {
    const { body, response, reused } = await get()
    expect(body.equals(Buffer.concat([...pieces, Buffer.from('end: ü\n\n')]))).toBe(true)
    expect(response.trailers).toEqual({ 'x-cost': '0.25' })
    expect(reused).toBe(round === 1)
  }
})

test('each piece is a chunk of its own, and an empty one does not end the body', async () => {
  answer = async (body) => {
    body.write(Buffer.from('first'))
    await new Promise(setImmediate)
    body.write(Buffer.alloc(0))
    body.write(Buffer.from('x'.repeat(17)))
    body.end('')
  }
  const wire = await raw('GET / HTTP/1.1\r\nhost: a\r\nconnection: close')
  expect(wire.slice(wire.indexOf('\r\n\r\n') + 4)).toBe(`5\r\nfirst\r\n11\r\n${'x'.repeat(17)}\r\n0\r\n\r\n`)
})

test('a client of HTTP/1.0 gets the bytes alone', async () => {
  answer = (body) => {
    body.write(Buffer.from('first'))
    body.end(' and last', { 'x-cost': '1' })
  }
  const wire = await raw('GET / HTTP/1.0')
  expect(wire.slice(wire.indexOf('\r\n\r\n') + 4)).toBe('first and last')
  expect(wire.toLowerCase()).not.toContain('transfer-encoding')
})

test('a client that does not read is told of until it reads again', async () => {
  const told: boolean[] = []
  answer = async (body, response) => {
    const piece = Buffer.alloc(512 * 1024)
    while (body.write(piece)) told.push(true)
    await once(response, 'drain')
    told.push(false)
    body.end('')
  }
  const { body } = await get()
  expect(body.length).toBeGreaterThanOrEqual(512 * 1024)
  expect(told.at(-1)).toBe(false)
})
