import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OriginPools } from '../../lib/http/pools.ts'
import { createTransport } from '../transport.ts'

let server: Server
let url: string
/** The other end of the connection that each request came on. */
const ports: (number | undefined)[] = []
const pools = new OriginPools()
beforeAll(async () => {
  server = createServer((request, response) => {
    ports.push(request.socket.remotePort)
    request.resume()
    response.end('x')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(async () => {
  await pools.destroy()
  server.close()
})

test('what is paid for on arrival goes on a connection of its own; to ask for it does not', async () => {
  const transport = createTransport(pools, 'studio', { connectMs: 1_000, maxConnections: 1, fresh: true })
  for (const method of ['GET', 'GET', 'POST', 'POST', 'GET'] as const) {
    await (await transport(url, { method, body: method === 'POST' ? 'x' : undefined })).text()
  }
  const [first, second, start, again, last] = ports
  expect(second).toBe(first)
  expect(last).toBe(first)
  expect(new Set([first, start, again]).size).toBe(3)
})
