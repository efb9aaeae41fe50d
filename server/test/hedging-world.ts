import { type Emulator, type Fault, startEmulator } from '@turnout/emulator'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const MINI = 'gpt-5.4-mini'
const NANO = 'gpt-5.4-nano'

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}

/** Longer than anybody waits: who is so slow does not answer. */
export const NEVER: Fault = { kind: 'slow-first-part', ms: 600_000 }
export const slow = (ms: number): Fault => ({ kind: 'slow-first-part', ms })

/** Every request may be hedged, and soon. */
const SOON = { minMs: 5, maxMs: 40, budget: 1 }
const PATIENT = { firstPartMs: 20_000, stallMs: 20_000, totalMs: 30_000 }

export type Member = 'north' | 'south' | 'east'
const SITES = ['north', 'south', 'east'] as const
/** What each of them calls its model, so that no two write the same. */
const UPSTREAM = { north: MINI, south: NANO, east: 'gpt-5.4' } as const
const CLAUDE = { north: 'claude-haiku-4-5', south: 'claude-sonnet-4-6', east: 'claude-opus-4-6' } as const

const configuration = (sites: Record<Member, Emulator>) =>
  JSON.stringify({
    retry: { maxRetries: 3, backoffBase: 0.001, backoffFactor: 1, maxRetryAfter: 2 },
    timeouts: PATIENT,
    discovery: false,
    catalog: false,
    providers: Object.fromEntries(
      SITES.flatMap((site) => [
        [site, { baseUrl: sites[site].openaiBaseUrl, credential: 'env:SECRET' }],
        [
          `${site}-claude`,
          { adapter: 'anthropic', baseUrl: sites[site].baseUrl('anthropic'), credential: 'env:SECRET' },
        ],
      ]),
    ),
    models: [
      ...SITES.map((site) => ({ id: site, provider: site, upstreamId: UPSTREAM[site], output: ['text'], prices })),
      ...SITES.map((site) => ({
        id: `${site}-claude`,
        provider: `${site}-claude`,
        upstreamId: CLAUDE[site],
        output: ['text'],
        prices,
      })),
      ...SITES.map((site) => ({ id: `${site}-image`, provider: site, upstreamId: 'gpt-image-2', output: ['image'] })),
    ],
    pools: {
      soon: { members: ['north', 'south'], hedge: SOON },
      claudes: { members: ['north-claude', 'south-claude'], hedge: SOON },
      never: { members: ['north', 'south'] },
      measured: { members: ['north', 'south'], hedge: { minMs: 1, budget: 1 } },
      thrifty: { members: ['north', 'south'], hedge: { ...SOON, budget: 0.25 } },
      failing: { members: ['north', 'south'], hedge: SOON, timeouts: { firstPartMs: 400, totalMs: 500 } },
      capped: { members: [...SITES], hedge: SOON, timeouts: { firstPartMs: 400 }, fallback: { max: 1 } },
      alone: { members: [...SITES], hedge: SOON, fallback: { max: 0 } },
      three: { members: [...SITES], hedge: SOON },
      whole: { members: ['north', 'south'], hedge: SOON, stream: { commit: 'complete' } },
      drawn: { members: [...SITES], hedge: SOON, timeouts: { firstPartMs: 300, totalMs: 2_000 }, fallback: { max: 1 } },
      pictures: { members: ['north-image', 'south-image'], hedge: SOON },
    },
  })

export interface Line {
  attempt: number
  model: string
  outcome: string
  errorCode: string | null
  cost: string | null
}

export interface Answered {
  status: number
  headers: Headers
  text: string
  finish: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  error: any
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  last: any
}

/** How a request is made: of which API, and as a stream or not. */
export interface Way {
  api: 'v1' | 'native'
  stream: boolean
}

export const PROMPT = 'Tell me about turnouts and what they are good for.'

/** A gateway whose pools may ask two at once. */
export class Hedges {
  readonly gateway: TestGateway
  readonly sites: Record<Member, Emulator>

  private constructor(gateway: TestGateway, sites: Record<Member, Emulator>) {
    this.gateway = gateway
    this.sites = sites
  }

  static async start(): Promise<Hedges> {
    const [north, south, east] = await Promise.all([startEmulator(), startEmulator(), startEmulator()])
    const sites = { north, south, east }
    const env = { SECRET: 'sk-secret' }
    return new Hedges(await startGateway({ configuration: configuration(sites), env }), sites)
  }

  async close(): Promise<void> {
    await this.gateway.close()
    for (const site of SITES) await this.sites[site].close()
  }

  /** Everybody is well, and nothing is known of anybody. */
  async reset(): Promise<void> {
    for (const site of SITES) this.sites[site].reset()
    const { body } = await this.gateway.api('GET', '/api/deployments')
    const ids = (body.data as { id: string }[]).map(({ id }) => id)
    await Promise.all(ids.map((id) => this.gateway.api('POST', `/api/deployments/${id}/reset`)))
  }

  fail(site: Member, fault: Fault, times = 1): void {
    this.sites[site].faults.add({ fault, times })
  }

  /** How often each site was asked for something. */
  asked(): number[] {
    return SITES.map((site) => this.sites[site].requests().filter(({ method }) => method === 'POST').length)
  }

  async ask(model: string, { api, stream }: Way = { api: 'v1', stream: true }, more: object = {}): Promise<Answered> {
    const [path, body] =
      api === 'v1'
        ? ['/v1/chat/completions', { model, messages: [{ role: 'user', content: PROMPT }], stream }]
        : ['/api/generate-text', { modelId: model, prompt: PROMPT, stream }]
    const response = await fetch(this.gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, ...more }),
    })
    const { status, headers } = response
    const raw = await response.text()
    const isStream = headers.get('content-type')?.startsWith('text/event-stream')
    const pieces = isStream
      ? [...raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
      : [JSON.parse(raw)]
    const had: Answered = { status, headers, text: '', finish: null, error: undefined, last: undefined }
    for (const piece of pieces) {
      const { choices, content, data, finishReason, error } = piece
      const [choice] = choices ?? []
      had.text += choice?.delta?.content ?? choice?.message?.content ?? content ?? data?.content ?? ''
      had.finish = choice?.finish_reason ?? finishReason ?? data?.finishReason ?? had.finish
      had.error ??= error
      had.last = data ?? piece
    }
    return had
  }

  /** What one of them answers when all is well; nothing of it stays behind. */
  async textOf(model: string, way?: Way): Promise<string> {
    const { text } = await this.ask(model, way)
    await this.reset()
    return text
  }

  async recorded({ headers, last }: Answered): Promise<Line[]> {
    const id = headers.get('x-turnout-request-id') ?? last.requestId
    const { body } = await this.gateway.api('GET', `/api/usage?requestId=${id}`)
    return (body.data as Line[]).sort((a, b) => a.attempt - b.attempt)
  }

  /** What a site has charged, in US dollars. */
  billed(site: Member): number {
    const { inputTokens, outputTokens } = this.sites[site].bill()
    return (inputTokens * 1 + outputTokens * 2) / 1_000_000
  }
}
