import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ADMIN_KEY, FAST_RETRIES, startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const post = (path: string, body: unknown) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('text', () => {
  test('whole: content, usage, cost', async () => {
    const { status, body } = await gateway.api('POST', '/api/generate-text', {
      prompt: 'Hello',
      modelId: CHAT,
      systemPrompt: 'Be brief.',
    })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({
      model: CHAT,
      provider: 'openai',
      attempts: 1,
      finishReason: 'stop',
      emulated: false,
      warnings: [],
    })
    expect(body.data.content.length).toBeGreaterThan(0)
    expect(Number(body.data.cost)).toBeGreaterThan(0)
    expect(gateway.emulator.requests().at(-1)!.body).toMatchObject({ messages: [{ role: 'system' }, { role: 'user' }] })
  })

  test('streamed: the same text and the same cost, ended by [DONE]', async () => {
    const request = { prompt: 'Tell me about turnouts.', modelId: CHAT }
    const whole = (await gateway.api('POST', '/api/generate-text', request)).body.data
    const events = (await (await post('/api/generate-text', { ...request, stream: true })).text())
      .split('\n\n')
      .filter(Boolean)
    expect(events.at(-1)).toBe('data: [DONE]')
    const parsed = events
      .slice(0, -1)
      .map((event) => JSON.parse(event.slice('data: '.length)) as Record<string, unknown>)
    expect(parsed.map(({ content }) => content).join('')).toBe(whole.content)
    expect(parsed.at(-1)).toMatchObject({ finishReason: 'stop', cost: whole.cost, usage: whole.usage })
  })

  test('a stream that is cut ends in an error event and no [DONE]', async () => {
    gateway.emulator.faults.add({ fault: { kind: 'cut', afterChunks: 4 }, times: 2 })
    const text = await (
      await post('/api/generate-text', { prompt: 'Tell me about turnouts.', modelId: CHAT, stream: true })
    ).text()
    expect(text).toContain('"code":"stream_interrupted"')
    expect(text).not.toContain('[DONE]')
  })

  test('trouble before the first content is made good', async () => {
    gateway.emulator.faults.add({ fault: { kind: 'status', status: 503 }, times: 2 })
    const { body } = await gateway.api('POST', '/api/generate-text', { prompt: 'Hello', modelId: CHAT })
    expect(body.data.attempts).toBe(3)
  })
})

describe('pictures', () => {
  test('a size that the model does not have is mapped, and that is told', async () => {
    const { status, body } = await gateway.api('POST', '/api/generate-image', {
      prompt: 'a tram',
      modelId: 'gpt-image-1.5',
      width: 1920,
      height: 1080,
    })
    expect(status).toBe(200)
    expect(body.data.mapped).toEqual([
      { setting: 'width', asked: 1920, used: 1536, reason: expect.stringContaining('1536x1024') },
      { setting: 'height', asked: 1080, used: 1024, reason: expect.stringContaining('1536x1024') },
    ])
    expect(Buffer.from(body.data.images[0].base64, 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect(body.data.usage.images).toBe(1)
  })

  test.each([
    ['negativePrompt', 'rain'],
    ['guidanceScale', 7],
    ['steps', 30],
    ['seed', 1],
  ])('%s is refused where the model does not take it', async (setting, value) => {
    const { status, body } = await gateway.api('POST', '/api/generate-image', {
      prompt: 'a tram',
      modelId: IMAGE,
      [setting]: value,
    })
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'capability_missing' })
    expect(body.error.message).toContain(setting)
  })

  test('a lost connection is an unknown outcome, not a second picture', async () => {
    gateway.emulator.faults.add({ fault: { kind: 'reset', billed: true }, times: 9 })
    const before = gateway.emulator.bill().calls
    const { status, body } = await gateway.api('POST', '/api/generate-image', { prompt: 'a tram', modelId: IMAGE })
    expect({ status, code: body.error.code }).toEqual({ status: 502, code: 'unknown_outcome' })
    expect(gateway.emulator.bill().calls).toBe(before + 1)
    gateway.emulator.faults.clear()
  })
})

describe('usage', () => {
  test('the totals are what the upstream would bill', async () => {
    const own = await startGateway()
    for (const prompt of ['one', 'two two', 'three three three']) {
      await own.api('POST', '/api/generate-text', { prompt, modelId: CHAT })
      await own.client.chat.completions
        .create({ model: CHAT, messages: [{ role: 'user', content: prompt }], stream: true })
        .then((s) => Array.fromAsync(s))
    }
    const bill = own.emulator.bill().models[CHAT]!
    const { body } = await own.api('GET', '/api/usage/totals?by=model')
    expect(body.data).toEqual([
      expect.objectContaining({
        group: CHAT,
        attempts: 6,
        succeeded: 6,
        inputTokens: bill.inputTokens,
        outputTokens: bill.outputTokens,
      }),
    ])
    const nano = BigInt(bill.inputTokens) * 750n + BigInt(bill.outputTokens) * 4500n
    expect(BigInt(Math.round(Number(body.data[0].cost) * 1e9))).toBe(nano)
    await own.close()
  })
})

describe('models', () => {
  test('a record of the database overrides, and reveals what it overrode when it goes', async () => {
    const created = await gateway.api('POST', '/api/models', {
      id: CHAT,
      name: 'Ours',
      tags: ['fast'],
      limits: { outputTokens: 7 },
    })
    expect(created.status).toBe(201)
    expect(created.body.data).toMatchObject({
      name: 'Ours',
      provider: 'openai',
      limits: { outputTokens: 7, contextTokens: expect.any(Number) },
      provenance: {
        layer: 'database',
        overrides: expect.arrayContaining(['catalog']),
        fields: { name: 'database', provider: 'catalog' },
      },
    })
    const updated = await gateway.api('PUT', `/api/models/${CHAT}`, { name: 'Ours again' })
    expect(updated.body.data).toMatchObject({ name: 'Ours again', tags: [] })
    const deleted = await gateway.api('DELETE', `/api/models/${CHAT}`)
    expect(deleted.body.data).toMatchObject({ deleted: true, revealed: { provenance: { layer: 'catalog' } } })
  })

  test('a model of one’s own works at once, under its id, its alias and with its provider', async () => {
    await gateway.api('POST', '/api/models', {
      id: 'writer',
      provider: 'openai',
      upstreamId: CHAT,
      aliases: ['our-writer'],
      output: ['text'],
    })
    for (const model of ['writer', 'our-writer', 'openai/writer']) {
      const { response } = await gateway.client.chat.completions
        .create({ model, messages: [{ role: 'user', content: 'x' }] })
        .withResponse()
      expect(response.headers.get('x-turnout-model')).toBe('writer')
    }
    expect(gateway.emulator.requests().at(-1)!.body).toMatchObject({ model: CHAT })
    const { body } = await gateway.api('GET', '/api/models?provider=openai&type=text&enabled=true&limit=1000')
    expect((body.data as { id: string }[]).map(({ id }) => id)).toContain('writer')
  })

  test('an edit of turnout.yaml is picked up, and a wrong one leaves everything as it was', async () => {
    const own = await startGateway()
    const ids = async () =>
      ((await own.api('GET', '/api/models?limit=1000')).body.data as { id: string }[]).map(({ id }) => id)
    const file = `${own.dataDir}/turnout.yaml`
    const before = await readFile(file, 'utf8')
    await writeFile(file, `${before}\nmodels: [{ id: from-file, provider: openai, upstreamId: ${CHAT} }]`)
    await vi.waitFor(async () => expect(await ids()).toContain('from-file'), { timeout: 10_000 })
    await writeFile(file, `${before}\nmodels: [{ id: broken, provider: nobody }]`)
    await vi.waitFor(
      async () => {
        const { problems } = (await own.api('GET', '/api/registry')).body.data
        expect(JSON.stringify(problems)).toMatch(/turnout\.yaml:\d+/)
      },
      { timeout: 10_000 },
    )
    expect(await ids()).toContain('from-file')
    await own.close()
  })

  test('a retired model is replaced where the configuration says so, and the answer tells', async () => {
    const own = await startGateway({ configuration: `${FAST_RETRIES}\nretiredModels: substitute` })
    const { response } = await own.client.images.generate({ model: 'dall-e-3', prompt: 'a tram' }).withResponse()
    expect(response.headers.get('x-turnout-substituted-for')).toBe('dall-e-3')
    expect(response.headers.get('x-turnout-model')).toMatch(/^gpt-image/)
    await own.close()
  })
})

describe('models from the environment', () => {
  test('work through /v1, each at its own server with its own credential, and nobody else’s', async () => {
    const seen: (string | undefined)[] = []
    const upstream = createServer((request, response) => {
      if (request.method === 'POST') seen.push(request.headers.authorization)
      request.resume()
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          object: 'chat.completion',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
        }),
      )
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    const own = await startGateway({
      env: {
        MODEL_COUNT: '2',
        MODEL_1_NAME: 'House Model',
        MODEL_1_KEY: 'house-credential',
        MODEL_1_BASE_URL: base,
        MODEL_2_NAME: 'gpt-6-luna',
        MODEL_2_BASE_URL: `${base}/v1`,
        PROMPT_MODEL_INDEX: '1',
      },
    })
    for (const model of ['house-model', 'House Model', 'gpt-6-luna']) {
      const { choices } = await own.client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'x' }],
      })
      expect(choices[0]!.message.content).toBe('hi')
    }
    expect(seen).toEqual(['Bearer house-credential', 'Bearer house-credential', undefined])
    expect((await own.api('GET', '/api/registry')).body.data.promptModel).toBe('house-model')
    const { body } = await own.api('GET', '/api/usage?model=house-model')
    expect(body.data[0]).toMatchObject({ cost: null })
    await own.close()
    upstream.close()
  })
})

describe('health', () => {
  test('tells which providers are up, without a key', async () => {
    const own = await startGateway()
    const { status, body } = await own.api('GET', '/api/health', undefined, null)
    expect(status).toBe(200)
    expect(body.data).toMatchObject({
      status: 'healthy',
      api: { status: 'operational' },
      providers: { openai: true },
      summary: { healthy: 1, total: 1, percentage: 100 },
      emulated: false,
    })
    await own.close()
  })

  test('a provider that is not there is down, found by a free probe', async () => {
    const own = await startGateway({ env: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' } })
    await vi.waitFor(async () => {
      const { body } = await own.api('GET', '/api/health', undefined, null)
      expect(body.data).toMatchObject({ status: 'unhealthy', providers: { openai: false }, summary: { percentage: 0 } })
    })
    await own.close()
  })
})
