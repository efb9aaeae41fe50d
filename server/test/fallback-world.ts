import type { Fault } from '@turnout/emulator'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** Three deployments of one emulator, told apart by their upstream models. */
export const UPSTREAM = { first: 'gpt-5.4-mini', second: 'gpt-5.4-nano', third: 'gpt-5.4' } as const
export type Name = keyof typeof UPSTREAM
export const NAMES = Object.keys(UPSTREAM) as Name[]

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}
const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 3, backoffBase: 0.01, backoffFactor: 1, maxRetryAfter: 2 },
  timeouts: { firstPartMs: 400, stallMs: 400, totalMs: 3000 },
  discovery: false,
  models: [
    ...NAMES.map((id) => ({ id, provider: 'openai', upstreamId: UPSTREAM[id], output: ['text'], prices })),
    { id: 'blind', provider: 'openai', upstreamId: UPSTREAM.first, output: ['text'], capabilities: { vision: false } },
    { id: 'small', provider: 'openai', upstreamId: UPSTREAM.first, output: ['text'], limits: { contextTokens: 100 } },
  ],
  pools: {
    fast: { members: NAMES },
    pair: { members: ['first', 'second'] },
    alone: { members: ['first'] },
    'no-further': { members: NAMES, fallback: { max: 0 } },
    strict: { members: NAMES, fallback: { on: { overloaded: false, content_policy: true } } },
    seeing: { members: ['blind', 'second'] },
    blind: { members: ['blind'] },
    lenient: { members: ['blind'], degrade: true },
    hurried: { members: NAMES, fallback: { deadlineMs: 600 } },
    growing: { members: ['small', 'second'] },
    landing: { members: ['second'] },
  },
  roles: { writer: { pool: 'fast', products: { landing: 'landing' } } },
})

export const MESSAGES = [{ role: 'user', content: 'Tell me about turnouts.' }]
const ALWAYS = 1_000

export interface Had {
  status: number
  headers: Headers
  text: string
  finish: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  error: any
}

/** A line of the record of attempts. */
export interface Recorded {
  attempt: number
  model: string
  outcome: string
  errorCode: string | null
  cost: string | null
}

/** A gateway with pools of the three, and what tests do with it. */
export class Pools {
  readonly gateway: TestGateway

  private constructor(gateway: TestGateway) {
    this.gateway = gateway
  }

  static async start(): Promise<Pools> {
    return new Pools(await startGateway({ configuration: CONFIGURATION }))
  }

  /** Everybody is well, and nothing has happened. */
  async reset(): Promise<void> {
    this.gateway.emulator.reset()
    for (const name of [...NAMES, 'blind', 'small']) await this.gateway.api('POST', `/api/deployments/${name}/reset`)
  }

  fail(name: Name, fault: Fault, times = ALWAYS): void {
    this.gateway.emulator.faults.add({ match: { operation: 'chat', model: UPSTREAM[name] }, fault, times })
  }

  /** Who was asked, in order. */
  asked(): (Name | undefined)[] {
    const sent = this.gateway.emulator.requests().filter(({ method }) => method === 'POST')
    return sent.map(({ body }) => NAMES.find((name) => UPSTREAM[name] === (body as { model: string }).model))
  }

  async chat(model: string, stream = false, more: object = {}, headers: object = {}): Promise<Had> {
    const response = await fetch(`${this.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model, messages: MESSAGES, seed: 3, stream, ...more }),
    })
    const had: Had = { status: response.status, headers: response.headers, text: '', finish: null, error: undefined }
    const body = await response.text()
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      const { choices, error } = JSON.parse(body)
      const [choice] = choices ?? []
      return { ...had, text: choice?.message.content ?? '', finish: choice?.finish_reason ?? null, error }
    }
    for (const [, data] of body.matchAll(/^data: (\{.*)$/gm)) {
      const { choices, error } = JSON.parse(data!)
      had.text += choices?.[0]?.delta.content ?? ''
      had.finish = choices?.[0]?.finish_reason ?? had.finish
      had.error ??= error
    }
    return had
  }

  /** What one of them answers; nothing of it stays behind. */
  async textOf(name: Name, stream: boolean): Promise<string> {
    const { text } = await this.chat(name, stream)
    this.gateway.emulator.reset()
    return text
  }

  async recorded({ headers }: Had): Promise<Recorded[]> {
    const id = headers.get('x-turnout-request-id')
    const { body } = await this.gateway.api('GET', `/api/usage?requestId=${id}`)
    return (body.data as Recorded[]).sort((a, b) => a.attempt - b.attempt)
  }
}
