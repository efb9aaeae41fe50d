import { type Emulator, type Fault, startEmulator } from '@turnout/emulator'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

/** Every fault in every place: what the client gets, who is asked how often, and what is billed. */

const UPSTREAM = 'gpt-5.4-mini'
export const PLACES = ['a', 'b', 'c'] as const
export type Place = (typeof PLACES)[number]

/** Cases that run side by side; each lane has deployments and doubles of its own. */
const LANES = 16
const PROMPT = 'Tell me about turnouts and what they are good for.'
const ALWAYS = 1_000

const error = (fields: object) => ({ error: { message: 'On order.', type: 'invalid_request_error', ...fields } })

/** The faults, as the double of the provider makes them. Those in the midst of a stream hit half a buffered answer. */
export const FAULTS: [string, Fault][] = [
  ['silence', { kind: 'silence' }],
  ['reset', { kind: 'reset' }],
  ['429', { kind: 'status', status: 429 }],
  ['429, again in 10 ms', { kind: 'status', status: 429, headers: { 'retry-after-ms': '10' } }],
  ['503', { kind: 'status', status: 503 }],
  ['500', { kind: 'status', status: 500 }],
  ['401', { kind: 'status', status: 401 }],
  ['403', { kind: 'status', status: 403 }],
  ['no credit', { kind: 'status', status: 429, body: error({ code: 'insufficient_quota' }) }],
  ['context too long', { kind: 'status', status: 400, body: error({ code: 'context_length_exceeded' }) }],
  ['content policy', { kind: 'status', status: 400, body: error({ code: 'content_policy_violation' }) }],
  ['invalid request', { kind: 'status', status: 400 }],
  ['cut at the start', { kind: 'cut', afterChunks: 1 }],
  ['cut', { kind: 'cut', afterChunks: 8 }],
  ['stall', { kind: 'stall', afterChunks: 8 }],
  ['error in the answer', { kind: 'error-event', afterChunks: 8 }],
  ['damaged answer', { kind: 'malformed', atChunk: 8 }],
  ['no finish reason', { kind: 'no-finish' }],
  ['no end marker', { kind: 'no-end-marker' }],
  ['no usage', { kind: 'no-usage' }],
  ['CRLF and comments', { kind: 'crlf' }],
  ['in small pieces', { kind: 'split', bytes: 50 }],
]

/** What is odd and yet whole, wherever it happens. */
export const HARMLESS: ReadonlySet<string> = new Set([
  'no end marker',
  'no usage',
  'CRLF and comments',
  'in small pieces',
])

export const POSITIONS = ['first', 'later', 'once'] as const
export type Position = (typeof POSITIONS)[number]

export interface Case {
  name: string
  fault: Fault
  position: Position
  streamed: boolean
  fallbacks: number
}

export interface Outcome {
  status: number
  text: string
  finish: string | null
  code: string | undefined
  /** How often each deployment was asked. */
  calls: number[]
  /** One call after the other, by the records of the attempts. */
  attempts: Attempted[]
  /** Nano-dollars on the provider's bill. */
  billed: number
  /** Those of the attempts whose cost is known, and how many there are whose cost is not. */
  known: number
  unknown: number
}

/** One call to a deployment. */
export interface Attempted {
  place: Place
  errorCode: string | null
  /** Epoch milliseconds. */
  startedAt: number
  /** Null where no content of a stream came. */
  firstPartMs: number | null
}

/** How long a deployment is waited for, in milliseconds. Long enough for whoever is well on a busy machine. */
export const LIMITS = { firstPartMs: 1_500, stallMs: 1_500, totalMs: 3_000 }

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}

interface Recorded {
  attempt: number
  model: string
  errorCode: string | null
  cost: string | null
  startedAt: string
  firstPartMs: number | null
}

interface Lane {
  number: number
  doubles: Record<Place, Emulator>
}

const nameOf = (lane: number, place: Place): string => `lane${lane}-${place}`

const configurationFor = (lanes: readonly Lane[]): string =>
  JSON.stringify({
    retry: { maxRetries: 1, backoffBase: 0.005, backoffFactor: 1, maxRetryAfter: 2 },
    timeouts: LIMITS,
    discovery: false,
    catalog: false,
    providers: Object.fromEntries(
      lanes.flatMap(({ number, doubles }) =>
        PLACES.map((place) => [
          nameOf(number, place),
          { baseUrl: doubles[place].openaiBaseUrl, credential: 'env:WALL' },
        ]),
      ),
    ),
    models: lanes.flatMap(({ number }) =>
      PLACES.map((place) => {
        const id = nameOf(number, place)
        return { id, provider: id, upstreamId: UPSTREAM, output: ['text'], prices }
      }),
    ),
    pools: Object.fromEntries(
      lanes.flatMap(({ number }) =>
        PLACES.map((_, at) => [
          `lane${number}-${at}`,
          { members: PLACES.slice(0, at + 1).map((place) => nameOf(number, place)) },
        ]),
      ),
    ),
  })

export class FaultWall {
  readonly #gateway: TestGateway
  readonly #lanes: readonly Lane[]

  private constructor(gateway: TestGateway, lanes: readonly Lane[]) {
    this.#gateway = gateway
    this.#lanes = lanes
  }

  static async start(): Promise<FaultWall> {
    const lanes: Lane[] = []
    for (let number = 0; number < LANES; number += 1) {
      const [a, b, c] = await Promise.all(PLACES.map(() => startEmulator()))
      lanes.push({ number, doubles: { a: a!, b: b!, c: c! } })
    }
    const configuration = configurationFor(lanes)
    return new FaultWall(await startGateway({ configuration, env: { WALL: 'sk-wall' } }), lanes)
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await Promise.all(this.#lanes.flatMap(({ doubles }) => PLACES.map((place) => doubles[place].close())))
  }

  /** What is answered when all is well. */
  async healthy(streamed: boolean): Promise<string> {
    const { text } = await this.#ask(this.#lanes[0]!, 0, streamed)
    return text
  }

  /** The outcomes, in the order of the cases. */
  async run(cases: readonly Case[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    let next = 0
    const work = async (lane: Lane) => {
      for (let at = next++; at < cases.length; at = next++) outcomes[at] = await this.#try(lane, cases[at]!)
    }
    await Promise.all(this.#lanes.map(work))
    return outcomes
  }

  /** A primary that is down, well, down, cut and well again, under so many requests one after the other. */
  async flap(requests: number, streamed: boolean): Promise<{ outcomes: Outcome[]; billed: number }> {
    const lane = this.#lanes[0]!
    await this.#reset(lane)
    const { faults } = lane.doubles.a
    for (const skip of [0, 4, 9]) faults.add({ fault: { kind: 'status', status: 503 }, times: 2, skip })
    faults.add({ fault: { kind: 'cut', afterChunks: 8 }, times: 1, skip: 2 })
    const outcomes: Outcome[] = []
    for (let n = 0; n < requests; n += 1) outcomes.push(await this.#ask(lane, 1, streamed))
    return { outcomes, billed: billOf(lane) }
  }

  async #reset({ number, doubles }: Lane): Promise<void> {
    for (const place of PLACES) doubles[place].reset()
    const reset = (place: Place) => this.#gateway.api('POST', `/api/deployments/${nameOf(number, place)}/reset`)
    await Promise.all(PLACES.map(reset))
  }

  async #try(lane: Lane, { fault, position, streamed, fallbacks }: Case): Promise<Outcome> {
    await this.#reset(lane)
    const { a, b } = lane.doubles
    if (position === 'once') a.faults.add({ fault })
    else if (position === 'first') a.faults.add({ fault, times: ALWAYS })
    else if (fallbacks === 0) {
      a.faults.add({ fault: { kind: 'reset' } })
      a.faults.add({ fault, times: ALWAYS })
    } else {
      a.faults.add({ fault: { kind: 'status', status: 401 }, times: ALWAYS })
      b.faults.add({ fault, times: ALWAYS })
    }
    const outcome = await this.#ask(lane, fallbacks, streamed)
    const calls = PLACES.slice(0, fallbacks + 1).map((place) => requestsOf(lane.doubles[place]))
    return { ...outcome, calls, billed: billOf(lane) }
  }

  async #ask({ number }: Lane, fallbacks: number, stream: boolean): Promise<Outcome> {
    const messages = [{ role: 'user', content: PROMPT }]
    const response = await fetch(`${this.#gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: `pool:lane${number}-${fallbacks}`, messages, stream }),
    })
    const body = await response.text()
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    const chunks = isStream
      ? [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
      : [JSON.parse(body)]
    const { status } = response
    const outcome: Outcome = {
      status,
      text: '',
      finish: null,
      code: undefined,
      calls: [],
      attempts: [],
      billed: 0,
      known: 0,
      unknown: 0,
    }
    for (const { choices, error } of chunks) {
      const [choice] = choices ?? []
      outcome.text += choice?.delta?.content ?? choice?.message?.content ?? ''
      outcome.finish = choice?.finish_reason ?? outcome.finish
      outcome.code ??= error?.code
    }
    const id = response.headers.get('x-turnout-request-id')
    const recorded = await this.#gateway.api('GET', `/api/usage?requestId=${id}`)
    const records = recorded.body.data as Recorded[]
    for (const { cost, model, errorCode, startedAt, firstPartMs } of records.sort((a, b) => a.attempt - b.attempt)) {
      if (cost === null) outcome.unknown += 1
      else outcome.known += Math.round(Number(cost) * 1e9)
      const place = model.at(-1) as Place
      outcome.attempts.push({ place, errorCode, startedAt: Date.parse(startedAt), firstPartMs })
    }
    return outcome
  }
}

const requestsOf = (double: Emulator): number => double.requests().filter(({ method }) => method === 'POST').length

const billOf = ({ doubles }: Lane): number =>
  PLACES.reduce((sum, place) => {
    const { inputTokens, outputTokens } = doubles[place].bill()
    return sum + inputTokens * 1_000 + outputTokens * 2_000
  }, 0)
