import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deployment } from '../src/core/deployment.ts'
import { Wires } from '../src/gateway/wire.ts'
import { OriginPools, type PoolOptions } from '../src/lib/http/pools.ts'
import { ADAPTERS } from '../src/providers/index.ts'
import { startGateway, type TestGateway } from './gateway.ts'

/**
 * A server that takes every connection and never says a word, so that the
 * handshake of TLS, which is part of connecting, does not end.
 */
function startMute(): Promise<{ origin: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close() {
          for (const socket of sockets) socket.destroy()
          return new Promise((done) => server.close(() => done()))
        },
      }),
    )
  })
}

describe('the time to connect', () => {
  let mute: Awaited<ReturnType<typeof startMute>>
  let gateway: TestGateway
  beforeAll(async () => {
    mute = await startMute()
    gateway = await startGateway({
      configuration: JSON.stringify({
        // Far more than it takes to give up connecting, and less than a test may take.
        timeouts: { connectMs: 60_000, firstPartMs: 20_000, totalMs: 20_000 },
        providers: {
          hasty: { baseUrl: mute.origin, timeouts: { connectMs: 20 } },
          gone: { baseUrl: 'http://127.0.0.1:9', retry: { maxRetries: 1, backoffBase: 0.01 } },
        },
        models: [
          { id: 'writer', provider: 'hasty', output: ['text'] },
          { id: 'painter', provider: 'hasty', output: ['image'] },
          { id: 'gone-painter', provider: 'gone', output: ['image'] },
        ],
        discovery: false,
        retry: { maxRetries: 0 },
      }),
    })
  })
  afterAll(async () => {
    await gateway.close()
    await mute.close()
  })

  const messages = [{ role: 'user' as const, content: 'x' }]
  const never = {
    code: 'timeout',
    message: expect.stringMatching(/hasty cannot be reached \(UND_ERR_CONNECT_TIMEOUT\)/),
  }

  test('is the provider’s own, and what was never sent may be sent again, pictures too', async () => {
    const asked = [
      gateway.client.chat.completions.create({ model: 'writer', messages }),
      gateway.client.chat.completions.create({ model: 'writer', messages, stream: true }),
      gateway.client.images.generate({ model: 'painter', prompt: 'x' }),
    ]
    const failures = (await Promise.all(asked.map((answer) => answer.catch((error: unknown) => error)))) as {
      headers: Headers
    }[]
    for (const failure of failures) {
      expect(failure).toMatchObject({ status: 504, ...never })
      expect(failure.headers.get('x-should-retry')).toBe('true')
    }
    const { body } = await gateway.api('GET', '/api/usage')
    expect(body.data).toMatchObject(asked.map(() => ({ outcome: 'failed', errorCode: 'timeout', cost: '0' })))
  })

  test.each([
    ['text', 'writer'],
    ['image', 'painter'],
  ])('holds for %s by the native API', async (kind, modelId) => {
    const { status, body } = await gateway.api('POST', `/api/generate-${kind}`, { modelId, prompt: 'x' })
    expect({ status, ...body.error }).toMatchObject({ status: 504, ...never })
    const usage = await gateway.api('GET', `/api/usage?requestId=${body.error.requestId}`)
    expect(usage.body.data).toMatchObject([{ outcome: 'failed', errorCode: 'timeout', cost: '0' }])
  })

  test('a refused connection has not cost anything either, and is tried again', async () => {
    const drawn = await gateway.api('POST', '/api/generate-image', { modelId: 'gone-painter', prompt: 'x' })
    expect(drawn).toMatchObject({ status: 502, body: { error: { code: 'connection' } } })
    const refused = await gateway.client.images
      .generate({ model: 'gone-painter', prompt: 'x' })
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 502, code: 'connection' })
    const { body } = await gateway.api('GET', '/api/usage?model=gone-painter')
    expect(body.data).toMatchObject([1, 2, 3, 4].map(() => ({ outcome: 'failed', errorCode: 'connection', cost: '0' })))
  })
})

describe('connection pools', () => {
  class SeenPools extends OriginPools {
    readonly seen: [string, PoolOptions][] = []
    override get(origin: string, options: PoolOptions) {
      this.seen.push([origin, options])
      return super.get(origin, options)
    }
  }
  const deployment = (connectMs: number, maxConnections: number) =>
    ({
      model: { id: 'writer', flags: {} },
      provider: {
        id: 'house',
        adapter: 'openai-compatible',
        baseUrl: 'http://house.example/v1',
        headers: {},
        maxConnections,
      },
      timeouts: { connectMs },
    }) as unknown as Deployment

  test('get the settings of the deployment, once for each', () => {
    const pools = new SeenPools()
    const wires = new Wires(ADAPTERS, pools)
    const [hasty, patient] = [deployment(50, 4), deployment(5_000, 8)]
    for (const each of [hasty, patient, hasty]) wires.get(each, 'chat')
    expect(pools.seen).toEqual([
      ['http://house.example', expect.objectContaining({ connectMs: 50, maxConnections: 4 })],
      ['http://house.example', expect.objectContaining({ connectMs: 5_000, maxConnections: 8 })],
    ])
  })

  test('are shared by those who want the same, and by nobody else', async () => {
    const pools = new OriginPools()
    const one = pools.get('http://house.example', { connectMs: 50, maxConnections: 4 })
    expect(pools.get('http://house.example', { connectMs: 50, maxConnections: 4 })).toBe(one)
    for (const [origin, connectMs, maxConnections] of [
      ['http://house.example', 51, 4],
      ['http://house.example', 50, 5],
      ['http://other.example', 50, 4],
    ] as const) {
      expect(pools.get(origin, { connectMs, maxConnections })).not.toBe(one)
    }
    await pools.destroy()
  })
})
