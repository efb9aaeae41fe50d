import { type Emulator, type Fault, startEmulator } from '@turnout/emulator'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** Two sites that serve the same models: whatever fails at one of them, the other one can write the same text. */
const SITES = ['north', 'south'] as const
export type Site = (typeof SITES)[number]

export const MINI = 'gpt-5.4-mini'
const NANO = 'gpt-5.4-nano'
const HAIKU = 'claude-haiku-4-5'
const SONNET = 'claude-sonnet-4-6'
const GEMINI = 'gemini-2.5-flash'

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}

type Sites = Record<Site, Emulator>

const configuration = ({ north, south }: Sites) =>
  JSON.stringify({
    retry: { maxRetries: 3, backoffBase: 0.005, backoffFactor: 1, maxRetryAfter: 2 },
    timeouts: { firstPartMs: 400, stallMs: 300, totalMs: 5_000 },
    discovery: false,
    catalog: false,
    providers: Object.fromEntries(
      Object.entries({ north, south }).flatMap(([site, emulator]) => [
        [site, { baseUrl: emulator.openaiBaseUrl, credential: 'env:CLAUDE' }],
        [`${site}-claude`, { adapter: 'anthropic', baseUrl: emulator.baseUrl('anthropic'), credential: 'env:CLAUDE' }],
        [`${site}-gemini`, { adapter: 'google', baseUrl: emulator.baseUrl('google'), credential: 'env:CLAUDE' }],
      ]),
    ),
    models: [
      { id: 'first', provider: 'north', upstreamId: MINI },
      { id: 'twin', provider: 'south', upstreamId: MINI },
      { id: 'other', provider: 'south', upstreamId: NANO },
      { id: 'once', provider: 'north', upstreamId: MINI, retry: { maxRetries: 0 } },
      { id: 'claude', provider: 'north-claude', upstreamId: HAIKU, capabilities: { prefill: false } },
      { id: 'claude-twin', provider: 'south-claude', upstreamId: HAIKU, capabilities: { prefill: false } },
      { id: 'claude-on', provider: 'south-claude', upstreamId: HAIKU, capabilities: { prefill: true } },
      { id: 'claude-refuses', provider: 'south-claude', upstreamId: SONNET, capabilities: { prefill: true } },
      { id: 'sonnet', provider: 'north-claude', upstreamId: SONNET, capabilities: { prefill: false } },
      { id: 'gemini', provider: 'north-gemini', upstreamId: GEMINI },
      { id: 'gemini-twin', provider: 'south-gemini', upstreamId: GEMINI },
    ].map((model) => ({ output: ['text'], prices, ...model })),
    pools: {
      twins: { members: ['first', 'twin'] },
      strangers: { members: ['first', 'other'] },
      three: { members: ['first', 'other', 'twin'] },
      capped: { members: ['first', 'other', 'twin'], fallback: { max: 1 } },
      off: { members: ['first', 'twin'], fallback: { on: { connection: false } } },
      hurried: { members: ['first', 'twin'], fallback: { deadlineMs: 250 } },
      'claude-twins': { members: ['claude', 'claude-twin'] },
      prefill: { members: ['claude', 'claude-on'] },
      'prefill-other': { members: ['first', 'claude-on'] },
      refused: { members: ['sonnet', 'claude-refuses'] },
      'gemini-twins': { members: ['gemini', 'gemini-twin'] },
      mixed: { members: ['first', 'claude-twin'] },
      whole: { members: ['first', 'twin'], stream: { commit: 'complete' } },
    },
  })

export interface Switched {
  from: string
  to: string
  reason: string
}

/** What came of a stream. */
export interface Streamed {
  status: number
  headers: Headers
  raw: string
  text: string
  finish: string | null
  /** Chunks, in the order in which they came. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into them freely
  chunks: any[]
  switched: Switched[]
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  error: any
}

export interface Line {
  attempt: number
  model: string
  outcome: string
  errorCode: string | null
  cost: string | null
}

export const PROMPT = 'Tell me about turnouts and what they are good for.'

export class Streams {
  readonly gateway: TestGateway
  readonly sites: Sites

  private constructor(gateway: TestGateway, sites: Sites) {
    this.gateway = gateway
    this.sites = sites
  }

  static async start(): Promise<Streams> {
    const [north, south] = await Promise.all([startEmulator(), startEmulator()])
    const sites = { north, south }
    return new Streams(await startGateway({ configuration: configuration(sites), env: { CLAUDE: 'sk-claude' } }), sites)
  }

  async close(): Promise<void> {
    await this.gateway.close()
    for (const site of SITES) await this.sites[site].close()
  }

  /** Everybody is well, and nothing has happened. */
  async reset(): Promise<void> {
    for (const site of SITES) this.sites[site].reset()
    const { body } = await this.gateway.api('GET', '/api/deployments')
    const ids = (body.data as { id: string }[]).map(({ id }) => id)
    await Promise.all(ids.map((id) => this.gateway.api('POST', `/api/deployments/${id}/reset`)))
  }

  fail(site: Site, fault: Fault, times = 1, skip = 0): void {
    this.sites[site].faults.add({ match: { streamed: true }, fault, times, skip })
  }

  /** How often each site was asked for text. */
  asked(): Record<Site, number> {
    const count = (site: Site) => this.sites[site].requests().filter(({ method }) => method === 'POST').length
    return { north: count('north'), south: count('south') }
  }

  async post(path: string, body: object): Promise<Streamed> {
    const response = await fetch(this.gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const raw = await response.text()
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    const chunks = isStream
      ? [...raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
      : [JSON.parse(raw)]
    const { status, headers } = response
    const had: Streamed = { status, headers, raw, chunks, text: '', finish: null, switched: [], error: undefined }
    for (const { choices, turnout, content, switched, finishReason, error } of chunks) {
      const [choice] = choices ?? []
      had.text += choice?.delta?.content ?? choice?.message?.content ?? content ?? ''
      had.finish = choice?.finish_reason ?? finishReason ?? had.finish
      if (turnout?.switched ?? switched) had.switched.push(turnout?.switched ?? switched)
      had.error ??= error
    }
    return had
  }

  chat(model: string, more: object = {}): Promise<Streamed> {
    const messages = [{ role: 'user', content: PROMPT }]
    return this.post('/v1/chat/completions', { model, messages, stream: true, ...more })
  }

  native(modelId: string, more: object = {}): Promise<Streamed> {
    return this.post('/api/generate-text', { modelId, prompt: PROMPT, stream: true, ...more })
  }

  /** What a model answers when all is well; nothing of it stays behind. */
  async textOf(model: string, more: object = {}): Promise<string> {
    const { text } = await this.chat(model, more)
    for (const site of SITES) this.sites[site].reset()
    return text
  }

  async recorded({ headers }: Streamed): Promise<Line[]> {
    const id = headers.get('x-turnout-request-id')
    const { body } = await this.gateway.api('GET', `/api/usage?requestId=${id}`)
    return (body.data as Line[]).sort((a, b) => a.attempt - b.attempt)
  }
}
