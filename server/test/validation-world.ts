import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** Models of one emulator, told apart by their upstream models; the last one judges. */
export const UPSTREAM = { first: 'gpt-5.4-mini', second: 'gpt-5.4-nano', judge: 'gpt-5.4', deputy: 'gpt-5.5' } as const
export type Name = keyof typeof UPSTREAM

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}

export const PAGE = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
} as const

const members = ['first', 'second']
const validator = { instruction: 'No cats.' }

const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 1, backoffBase: 0.01, backoffFactor: 1 },
  timeouts: { firstPartMs: 10_000, stallMs: 10_000, totalMs: 20_000 },
  discovery: false,
  models: [
    ...Object.entries(UPSTREAM).map(([id, upstreamId]) => ({
      id,
      provider: 'openai',
      upstreamId,
      output: ['text'],
      prices,
    })),
    {
      id: 'untold',
      provider: 'openai',
      upstreamId: UPSTREAM.first,
      output: ['text'],
      capabilities: { structuredOutput: false, jsonMode: false },
    },
  ],
  pools: {
    plain: { members },
    structured: { members, validate: { schema: PAGE, required: ['title'] } },
    judged: { members, validate: { validator } },
    lenient: { members, validate: { validator: { ...validator, onError: 'pass', timeoutMs: 2000 } } },
    strict: { members, validate: { validator: { ...validator, timeoutMs: 2000 } } },
    held: { members, validate: { maxLength: 20, when: 'before' } },
    told: { members, validate: { maxLength: 20, when: 'after' } },
    toldJudged: { members, validate: { validator, when: 'after' } },
    unmoved: {
      members,
      validate: { schema: PAGE, required: ['title'], maxLength: 30 },
      fallback: { on: { missing_field: false, empty_output: false } },
    },
    judges: { members: ['judge', 'deputy'] },
  },
  roles: {
    validator: { pool: 'judges' },
    writer: { pool: 'structured', validate: { maxLength: 30 } },
  },
})

export interface Asked {
  model: string
  stream?: boolean
  turnout?: object
  [field: string]: unknown
}

export interface Had {
  status: number
  headers: Headers
  text: string
  finish: string | null
  usage: object | undefined
  done: boolean
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  error: any
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  turnout: any
}

/** A line of the ledger. */
export interface Recorded {
  operation: string
  model: string
  attempt: number
  outcome: string
  errorCode: string | null
  cost: string | null
  usage: { outputTokens?: number }
}

/** A gateway whose pools validate, and what tests do with it. */
export class Validated {
  readonly gateway: TestGateway

  private constructor(gateway: TestGateway) {
    this.gateway = gateway
  }

  static async start(): Promise<Validated> {
    return new Validated(await startGateway({ configuration: CONFIGURATION }))
  }

  /** What a model says next, and then what it says after that. */
  says(name: Name, ...texts: string[]): void {
    for (const text of texts) this.gateway.emulator.answers.add({ match: { model: UPSTREAM[name] }, text })
  }

  judges(hardFail: boolean, ...reasons: string[]): void {
    this.says('judge', JSON.stringify({ hardFail, reasons }))
  }

  async reset(): Promise<void> {
    this.gateway.emulator.reset()
    for (const name of Object.keys(UPSTREAM)) await this.gateway.api('POST', `/api/deployments/${name}/reset`)
  }

  async chat(body: Asked): Promise<Had> {
    const response = await fetch(`${this.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'A page on turnouts.' }], ...body }),
    })
    const { status, headers } = response
    const had: Had = {
      status,
      headers,
      text: '',
      finish: null,
      usage: undefined,
      done: false,
      error: null,
      turnout: {},
    }
    const raw = await response.text()
    if (!headers.get('content-type')?.startsWith('text/event-stream')) {
      const { choices, error, usage, turnout } = JSON.parse(raw)
      const [choice] = choices ?? []
      return {
        ...had,
        text: choice?.message.content ?? '',
        finish: choice?.finish_reason ?? null,
        error,
        usage,
        turnout,
      }
    }
    for (const [, data] of raw.matchAll(/^data: (\{.*)$/gm)) {
      const { choices, error, usage, turnout } = JSON.parse(data!)
      had.text += choices?.[0]?.delta.content ?? ''
      had.finish = choices?.[0]?.finish_reason ?? had.finish
      had.error ??= error
      had.usage = usage ?? had.usage
      Object.assign(had.turnout, turnout)
    }
    had.done = raw.trimEnd().endsWith('[DONE]')
    return had
  }

  /** What the models were sent, in order. */
  sent(): unknown[] {
    return this.gateway.emulator.requests().flatMap(({ method, body }) => (method === 'POST' ? [body] : []))
  }

  /** Which models were asked, in order. */
  asked(): string[] {
    const names = new Map<string, string>(Object.entries(UPSTREAM).map(([name, upstream]) => [upstream, name]))
    return this.sent().map((body) => names.get((body as { model: string }).model)!)
  }

  async recorded({ headers }: { headers: Headers }): Promise<Recorded[]> {
    const { body } = await this.gateway.api('GET', `/api/usage?requestId=${headers.get('x-turnout-request-id')}`)
    return (body.data as Recorded[]).sort((a, b) => a.operation.localeCompare(b.operation) || a.attempt - b.attempt)
  }
}
