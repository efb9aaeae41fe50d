import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OriginPools } from '../lib/http/pools.ts'
import { createTransport } from './transport.ts'

const PIECE = Buffer.alloc(1024 * 1024, 'x')

let server: Server
let pools: OriginPools
let url: string
let closed: Promise<unknown>

/** A provider that sends pieces for as long as somebody takes them. */
beforeEach(async () => {
  pools = new OriginPools()
  server = createServer((_, response) => {
    closed = once(response, 'close')
    const send = () => {
      while (!response.destroyed && response.write(PIECE));
    }
    response.on('drain', send)
    send()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterEach(async () => {
  await pools.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('an answer without end is not taken whole, and its connection is cut', async () => {
  const transport = createTransport(pools, 'house', { connectMs: 5_000, maxConnections: 1 })
  const answer = await transport(url, {})
  await expect(answer.text()).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
  await closed
})
