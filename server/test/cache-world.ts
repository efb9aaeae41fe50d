import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** Stands before the emulator, and keeps answers back for as long as a test wants. */
interface Door {
  url: string
  target: string
  /** How many paid requests have come. */
  asked: number
  /** How many of them were given up before their answer was complete. */
  givenUp: number
  /** Requests are not passed on from now on. */
  hold(): void
  /** Answers wait after their first piece from now on. */
  holdMidway(): void
  open(): void
  close(): Promise<void>
}

async function startDoor(): Promise<Door> {
  let before: PromiseWithResolvers<void> | undefined
  let midway: PromiseWithResolvers<void> | undefined
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request)
    if (request.method === 'POST') door.asked += 1
    response.on('close', () => {
      if (!response.writableFinished) door.givenUp += 1
    })
    await before?.promise
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers
    const headers = { authorization, 'content-type': type }
    const sent = request.method === 'POST' ? { method: 'POST', body: new Uint8Array(body), headers } : { headers }
    const answer = await fetch(door.target + request.url, sent)
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    for await (const piece of answer.body!) {
      response.write(piece)
      await midway?.promise
    }
    response.end()
  }
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: Door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    asked: 0,
    givenUp: 0,
    hold: () => {
      before = Promise.withResolvers()
    },
    holdMidway: () => {
      midway = Promise.withResolvers()
    },
    open: () => {
      before?.resolve()
      midway?.resolve()
      before = undefined
      midway = undefined
    },
    close() {
      door.open()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return door
}

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}
const text = { provider: 'openai', output: ['text'], prices }
const members = ['first', 'second']
const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 0 },
  discovery: false,
  models: [
    { id: 'first', upstreamId: 'gpt-5.4-mini', ...text },
    { id: 'second', upstreamId: 'gpt-5.4-nano', ...text },
    { id: 'judge', upstreamId: 'gpt-5.4', ...text },
  ],
  pools: {
    plain: { members },
    kept: { members, cache: { ttlSeconds: 60 } },
    common: { members, cache: { ttlSeconds: 60, shared: true } },
    judged: { members: ['first'], cache: { ttlSeconds: 60 }, validate: { maxLength: 20, when: 'after' } },
    checked: { members: ['first'], cache: { ttlSeconds: 60 }, validate: { maxLength: 20, when: 'before' } },
  },
  roles: { writer: { pool: 'kept', products: { landing: 'common' } } },
})

export interface Had {
  status: number
  headers: Headers
  /** hit, miss or shared. */
  cache: string | null
  raw: string
  text: string
  finish: string | null
  usage: object | undefined
  /** Of a whole answer. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  body: any
}

/** A gateway that keeps answers, before an emulator behind a door. */
export class CacheWorld {
  readonly gateway: TestGateway
  readonly door: Door

  private constructor(gateway: TestGateway, door: Door) {
    this.gateway = gateway
    this.door = door
  }

  static async start(args: string[] = []): Promise<CacheWorld> {
    const door = await startDoor()
    const gateway = await startGateway({
      configuration: CONFIGURATION,
      env: { OPENAI_BASE_URL: `${door.url}/v1` },
      args,
    })
    door.target = gateway.emulator.openaiBaseUrl.replace(/\/v1$/, '')
    return new CacheWorld(gateway, door)
  }

  async close(): Promise<void> {
    await this.door.close()
    await this.gateway.close()
  }

  /** Nothing is under way, and nothing has been asked. What is kept stays: requests of tests differ. */
  async reset(): Promise<void> {
    this.door.open()
    this.door.asked = 0
    this.door.givenUp = 0
    this.gateway.emulator.reset()
    for (const id of ['first', 'second']) await this.gateway.api('POST', `/api/deployments/${id}/reset`)
  }

  says(...texts: string[]): void {
    for (const each of texts) this.gateway.emulator.answers.add({ text: each })
  }

  async newKey(name: string): Promise<string> {
    return (await this.gateway.api('POST', '/api/keys', { name, role: 'user' })).body.data.secret
  }

  async post(path: string, body: object, { key = ADMIN_KEY, headers = {}, signal }: Sent = {}): Promise<Had> {
    const response = await fetch(this.gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })
    const raw = await response.text()
    const had: Had = {
      status: response.status,
      headers: response.headers,
      cache: response.headers.get('x-turnout-cache'),
      raw,
      text: '',
      finish: null,
      usage: undefined,
      body: undefined,
    }
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    const parts = isStream
      ? [...raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
      : [JSON.parse(raw)]
    if (!isStream) had.body = parts[0]
    for (const part of parts) {
      const { choices, usage, content, finishReason } = part.data ?? part
      const [choice] = choices ?? []
      had.text += choice?.delta?.content ?? choice?.message?.content ?? content ?? ''
      had.finish = choice?.finish_reason ?? finishReason ?? had.finish
      had.usage = usage ?? had.usage
    }
    return had
  }

  /** A chat about something, for nothing but which it differs from others. */
  chat(topic: string, body: object = {}, sent: Sent = {}): Promise<Had> {
    const messages = [{ role: 'user', content: topic }]
    return this.post('/v1/chat/completions', { model: 'pool:kept', messages, ...body }, sent)
  }

  native(topic: string, body: object = {}, sent: Sent = {}): Promise<Had> {
    return this.post('/api/generate-text', { modelId: 'pool:kept', prompt: topic, ...body }, sent)
  }

  /** The value of a metric by its name and labels, as it stands on the page; 0 where it is not there. */
  async metric(line: string): Promise<number> {
    const page = await this.metrics()
    const found = page.split('\n').find((each) => each.startsWith(`${line} `))
    return found === undefined ? 0 : Number(found.slice(line.length + 1))
  }

  async metrics(key: string | null = ADMIN_KEY): Promise<string> {
    const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
    return (await fetch(`${this.gateway.url}/metrics`, { headers })).text()
  }

  /** How often the ledger says that somebody was asked, and what all of it cost, for one key. */
  async ledger(key: string): Promise<{ attempts: number; cost: string }> {
    const { body } = await this.gateway.api('GET', '/api/usage/totals', undefined, key)
    const [{ attempts, cost }] = body.data.length > 0 ? body.data : [{ attempts: 0, cost: '0' }]
    return { attempts, cost }
  }
}

export interface Sent {
  key?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}
