import { describe, expect, it } from 'vitest'
import { startEmulator } from './server.ts'
import { CHAT, emulated, post } from './testing.ts'

describe('bill', () => {
  it('sums what the answers reported, by model', async () => {
    const { emulator, client } = await emulated()
    const one = await client.chat.completions.create(CHAT)
    const two = await client.chat.completions.create({ ...CHAT, n: 2 })
    const image = await client.images.generate({ model: 'gpt-image-2', prompt: 'A fox', size: '256x256', n: 2 })
    const vector = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello there' })
    const bill = emulator.bill()
    expect(bill.models['gpt-4.1']).toEqual({
      calls: 2,
      inputTokens: (one.usage?.prompt_tokens ?? 0) + (two.usage?.prompt_tokens ?? 0),
      cachedInputTokens: 0,
      outputTokens: (one.usage?.completion_tokens ?? 0) + (two.usage?.completion_tokens ?? 0),
      images: 0,
      seconds: 0,
    })
    expect(bill.models['gpt-image-2']).toMatchObject({ calls: 1, images: 2, outputTokens: image.usage?.output_tokens })
    expect(bill.models['text-embedding-3-small']?.inputTokens).toBe(vector.usage.prompt_tokens)
    expect(bill.calls).toBe(4)
  })

  it('charges a stream whose client left, and notices that it left', async () => {
    const { emulator, client } = await emulated({ chunkDelayMs: 60_000 })
    const stream = await client.chat.completions.create({ ...CHAT, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.role) break
    await expect.poll(() => emulator.aborted()).toMatchObject([{ operation: 'chat', path: '/v1/chat/completions' }])
    expect(emulator.bill().calls).toBe(1)
  })
})

describe('records', () => {
  it('show what arrived, refused requests too', async () => {
    const { emulator, client } = await emulated()
    await client.models.list()
    await post(emulator, '/chat/completions?x=1', { ...CHAT, n: 0 })
    await post(emulator, '/nowhere', {})
    expect(emulator.requests()).toMatchObject([
      { operation: 'models.list', method: 'GET', path: '/v1/models', authorized: true },
      { operation: 'chat', method: 'POST', path: '/v1/chat/completions?x=1', body: { ...CHAT, n: 0 } },
      { operation: undefined, path: '/v1/nowhere' },
    ])
    expect(emulator.requests()[0]?.headers).toHaveProperty('user-agent')
    expect(emulator.requests()[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('credentials', () => {
  it('that a result URL is told are leaks, by name and without their value', async () => {
    const { emulator } = await emulated()
    const url = `${emulator.url}/_files/nothing.png`
    expect((await fetch(url)).status).toBe(404)
    expect(emulator.leaks()).toEqual([])
    await fetch(`${url}?key=secret`, { headers: { authorization: 'Bearer secret', 'x-key': 'secret' } })
    expect(emulator.leaks()).toMatchObject([
      { path: '/_files/nothing.png', carriedIn: ['authorization', 'x-key', 'key'] },
    ])
    emulator.reset()
    expect(emulator.leaks()).toEqual([])
  })

  it('are kept out of the records of every provider', async () => {
    const { emulator } = await emulated()
    const headers = { 'x-goog-api-key': 'secret', 'x-api-key': 'secret' }
    await fetch(`${emulator.baseUrl('google')}/v1beta/models?key=secret&pageSize=2`, { headers })
    await fetch(`${emulator.baseUrl('anthropic')}/v1/models`, { headers })
    expect(JSON.stringify(emulator.requests())).not.toContain('secret')
    expect(emulator.requests()[0]?.path).toBe('/google/v1beta/models?pageSize=2')
  })
})

describe('providers', () => {
  it('have base URLs of their own, and faults that wait for them', async () => {
    const { emulator } = await emulated()
    expect(emulator.baseUrl('openai')).toBe(emulator.openaiBaseUrl)
    expect(emulator.baseUrl('google')).toBe(`${emulator.url}/google`)
    expect(() => emulator.baseUrl('nobody')).toThrow("no provider 'nobody'")
    emulator.faults.add({ match: { provider: 'google' }, fault: { kind: 'status', status: 503 } })
    emulator.faults.add({ fault: { kind: 'moderated' } })
    expect((await post(emulator, '/chat/completions', CHAT)).status).toBe(200)
    // A chat of OpenAI's has no moderated form: the order waits for a request that can take it.
    expect(emulator.faults.list()).toHaveLength(2)
  })
})

describe('control over HTTP', () => {
  it('orders faults, shows records and bill, and resets', async () => {
    const { emulator } = await emulated()
    const call = async (method: string, path: string, body?: object) => {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${emulator.url}/_emulator${path}`, { method, headers, body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const order = { fault: { kind: 'status', status: 503 } }
    expect((await call('POST', '/faults', order)).body.faults).toMatchObject([order])
    expect((await call('POST', '/faults', { fault: { kind: 'no' } })).status).toBe(400)
    expect((await post(emulator, '/chat/completions', CHAT)).status).toBe(503)
    expect((await call('GET', '/faults')).body.faults).toEqual([])
    await post(emulator, '/chat/completions', CHAT)
    expect((await call('GET', '/bill')).body.calls).toBe(1)
    expect((await call('GET', '/requests')).body.requests).toHaveLength(2)
    await call('POST', '/faults', order)
    expect((await call('DELETE', '/faults')).body.faults).toEqual([])
    await call('DELETE', '')
    expect(emulator.requests()).toEqual([])
    expect(emulator.bill().calls).toBe(0)
    expect((await call('GET', '/nothing')).status).toBe(404)
  })
})

describe('close', () => {
  it('ends silent, slow and streaming answers at once', async () => {
    const emulator = await startEmulator({ chunkDelayMs: 600_000, imageDelayMs: 600_000 })
    emulator.faults.add({ match: { operation: 'embeddings' }, fault: { kind: 'silence' } })
    const pending = [
      post(emulator, '/chat/completions', { ...CHAT, stream: true }).then((response) => response.text()),
      post(emulator, '/embeddings', { model: 'text-embedding-3-small', input: 'a' }),
      post(emulator, '/images/generations', { model: 'gpt-image-2', prompt: 'A fox' }),
    ]
    const ended = Promise.allSettled(pending)
    await expect.poll(() => emulator.requests().length).toBe(3)
    await emulator.close()
    expect((await ended).map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(emulator.aborted()).toEqual([])
  })
})
