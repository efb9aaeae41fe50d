import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SafeFetcher } from './safe-fetch.ts'

let server: Server
let port: number
let asked: { request: IncomingMessage; body: string }[]
const routes: Record<string, (response: ServerResponse) => void> = {
  '/hook': (response) => response.writeHead(201, { 'retry-after': '3' }).end('thanks'),
  '/busy': (response) => response.writeHead(503).end('later'),
  '/moved': (response) => response.writeHead(308, { location: '/hook' }).end(),
  '/stalls': (response) => response.writeHead(200).write('begun'),
  '/mute': () => {},
  '/cut': (response) => response.destroy(),
  '/endless': (response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(1_000))) {}
    }
    response.on('drain', more)
    more()
  },
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked.push({ request, body: await text(request) })
    routes[request.url!]!(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  asked = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const NAMES: Record<string, LookupAddress[]> = {
  'outside.example': [{ address: '127.0.0.1', family: 4 }],
  'inside.example': [{ address: '10.1.2.3', family: 4 }],
  'none.example': [],
}
const fetcher = new SafeFetcher({ allowed: ['127.0.0.1'], resolve: async (name) => NAMES[name] ?? [] })
const REQUEST = { headers: { 'x-sign': 'here' }, body: '{"a":1}', maxBytes: 100, timeoutMs: 10_000 }
const post = (path: string, change: Partial<typeof REQUEST> = {}) =>
  fetcher.post(`http://outside.example:${port}${path}`, { ...REQUEST, ...change })

describe('a POST', () => {
  test('carries headers and body, and has its answer', async () => {
    const { status, headers, beginning } = await post('/hook')
    expect([status, headers['retry-after'], beginning.toString()]).toEqual([201, '3', 'thanks'])
    const [{ request, body } = asked[0]!] = asked
    expect([request.method, request.headers['x-sign'], body]).toEqual(['POST', 'here', '{"a":1}'])
    await expect.poll(() => request.socket.destroyed).toBe(true)
  })

  test('is answered by any status, and follows none', async () => {
    expect(await post('/busy')).toMatchObject({ status: 503 })
    expect(await post('/moved')).toMatchObject({ status: 308 })
    expect(asked).toHaveLength(2)
  })

  test('reads no more of the answer than is wanted or comes', async () => {
    expect((await post('/endless')).beginning).toHaveLength(100)
    const { status, beginning } = await post('/stalls', { timeoutMs: 200 })
    expect([status, beginning.toString()]).toEqual([200, 'begun'])
  })

  test('without an answer fails once, and says why', async () => {
    await expect(post('/mute', { timeoutMs: 100 })).rejects.toMatchObject({
      reason: 'timeout',
      message: 'did not answer within 100 ms',
    })
    await expect(post('/cut')).rejects.toMatchObject({ reason: 'network' })
    expect(asked).toHaveLength(2)
  })

  test('goes nowhere that is not public', async () => {
    for (const url of [
      'http://inside.example/',
      'http://127.0.0.2/',
      'http://[::1]/',
      'http://0x7f000002/',
      'ftp://x/',
    ]) {
      await expect(fetcher.post(url, REQUEST)).rejects.toMatchObject({ reason: 'refused' })
    }
  })
})

test('an address is checked without being asked', async () => {
  await fetcher.check(`http://outside.example:${port}/hook`, 1_000)
  await expect(fetcher.check('http://inside.example/', 1_000)).rejects.toMatchObject({ reason: 'refused' })
  await expect(fetcher.check('https://user@outside.example/', 1_000)).rejects.toMatchObject({ reason: 'refused' })
  await expect(fetcher.check('http://none.example/', 1_000)).rejects.toMatchObject({ reason: 'network' })
  const silent = new SafeFetcher({ resolve: () => new Promise(() => {}) })
  await expect(silent.check('http://none.example/', 50)).rejects.toMatchObject({ reason: 'timeout' })
  expect(asked).toEqual([])
})
