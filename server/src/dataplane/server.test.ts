import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { DataPlane } from './plane.ts'
import { createHttpServer, type GatewayServer, type ServerTimeouts } from './server.ts'

const HEAD = 'GET /x HTTP/1.1\r\nhost: gateway.example\r\n'

const PATIENT: ServerTimeouts = { headersMs: 15_000, requestMs: 15_000, lingerMs: 15_000, unreadMs: 15_000 }

/** A server without a data plane behind it, which lives as long as the test. */
async function started(rest: RequestListener, timeouts: Partial<ServerTimeouts> = {}) {
  const server = createHttpServer({} as DataPlane, rest, { ...PATIENT, ...timeouts })
  server.http.listen(0, '127.0.0.1')
  await once(server.http, 'listening')
  onTestFinished(() => server.drain(0))
  return server
}

/** A client that keeps its end of the connection, whatever the server does; and what it has heard. */
async function stubborn({ http }: GatewayServer, bytes: string): Promise<{ socket: Socket; heard: () => string }> {
  const { port } = http.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await once(socket, 'connect')
  socket.write(bytes)
  return { socket, heard: () => text }
}

const connections = ({ http }: GatewayServer) =>
  new Promise<number>((resolve, reject) => http.getConnections((error, n) => (error ? reject(error) : resolve(n))))

test.each([
  ['sends nothing', '', 408],
  ['sends half of a head', 'GET /x HTTP/1.1\r\nhos', 408],
  ['speaks no HTTP', 'hello\r\n\r\n', 400],
])('a client that %s is told so and cannot keep its connection', async (_, bytes, status) => {
  const server = await started(() => {}, { headersMs: 90, lingerMs: 50 })
  const { socket, heard } = await stubborn(server, bytes)
  await once(socket, 'end')
  expect(heard()).toMatch(`HTTP/1.1 ${status} `)
  await expect.poll(() => connections(server)).toBe(0)
})

test.each([
  ['nobody answers', `${HEAD}\r\n`],
  ['wait for one another on one connection', `${HEAD}\r\n${HEAD}\r\n${HEAD}\r\n`],
  ['are still being sent', `${HEAD}content-length: 9\r\n\r\n1`],
])('a drain ends although clients keep the connections of requests that %s', async (_, bytes) => {
  const left: string[] = []
  const server = await started((request, response) => {
    response.once('close', () => left.push(request.url!))
    request.resume()
    response.flushHeaders()
  })
  const { socket, heard } = await stubborn(server, bytes)
  await expect.poll(heard).toContain('200 OK')
  const ended = once(socket, 'close')
  await server.drain(0)
  expect(left).toHaveLength(bytes.split(HEAD).length - 1)
  expect(await connections(server)).toBe(0)
  socket.end()
  await ended
})

test('a request that waits for its turn ends with its connection, also where a tunnel is asked for behind it', async () => {
  const left: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = await started((request, response) => {
    response.on('close', () => {
      left.push(request.url!)
      if (left.length === 3) resolve()
    })
  })
  const gets = ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nhost: gateway.example\r\n\r\n`)
  await stubborn(server, `${gets.join('')}CONNECT gateway.example:443 HTTP/1.1\r\nhost: gateway.example\r\n\r\n`)
  await promise
  await server.drain(0)
  expect(left).toEqual(['/1', '/2', '/3'])
})

const LARGE = Buffer.alloc(16 * 1024 * 1024)
const PIECE = LARGE.length / 80

test('a client that does not read its answer is cut off', async () => {
  const left = Promise.withResolvers<boolean>()
  const server = await started(
    (_, response) => {
      response.once('close', () => left.resolve(response.writableFinished))
      response.end(LARGE)
    },
    { unreadMs: 60 },
  )
  const { socket } = await stubborn(server, `${HEAD}\r\n`)
  socket.pause()
  expect(await left.promise).toBe(false)
})

test('a client that reads slowly gets all of an answer, however long its making took', async () => {
  const unreadMs = 200
  const server = await started(
    (_, response) => {
      setTimeout(() => response.end(LARGE), 2 * unreadMs)
    },
    { unreadMs },
  )
  const { socket } = await stubborn(server, `${HEAD}connection: close\r\n\r\n`)
  const ended = once(socket, 'end')
  // 80 pieces, one every 10 ms: four times as long as nothing may be read.
  let read = 0
  socket.removeAllListeners('data')
  socket.on('data', ({ length }: Buffer) => {
    if (Math.floor(read / PIECE) < Math.floor((read + length) / PIECE)) {
      socket.pause()
      setTimeout(() => socket.resume(), 10)
    }
    read += length
  })
  await ended
  expect(read).toBeGreaterThan(LARGE.length)
})
