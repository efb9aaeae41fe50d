import type { Fault } from '@turnout/emulator'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const UPSTREAM = ['gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.4', 'gpt-4.1-mini', 'gpt-4.1-nano']
const IDS = UPSTREAM.map((_, at) => `m${at}`)
const MAX = 3
const STRATEGIES = ['priority', 'weighted', 'round-robin', 'lowest-latency', 'lowest-cost', 'least-busy']

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}

let gateway: TestGateway
const texts = new Map<string, string>()
beforeAll(async () => {
  gateway = await startGateway({
    configuration: JSON.stringify({
      retry: { maxRetries: 3, backoffBase: 0.001, backoffFactor: 1, maxRetryAfter: 2 },
      discovery: false,
      models: IDS.map((id, at) => ({ id, provider: 'openai', upstreamId: UPSTREAM[at], output: ['text'], prices })),
      pools: Object.fromEntries(
        STRATEGIES.map((strategy) => [strategy, { strategy, members: IDS, fallback: { max: MAX } }]),
      ),
    }),
  })
  for (const id of IDS) for (const stream of [true, false]) texts.set(`${id} ${stream}`, (await chat(id, stream)).text)
})
afterAll(() => gateway.close())

async function chat(model: string, stream: boolean) {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, seed: 5, messages: [{ role: 'user', content: 'Tell me about points.' }] }),
  })
  const { headers, status } = response
  const had = {
    headers,
    status,
    text: '',
    finish: null as string | null,
    error: undefined as { code: string } | undefined,
  }
  const body = await response.text()
  const events = headers.get('content-type')?.startsWith('text/event-stream')
    ? [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
    : [JSON.parse(body)]
  for (const { choices, error } of events) {
    const [choice] = choices ?? []
    had.text += choice?.delta?.content ?? choice?.message?.content ?? ''
    had.finish = choice?.finish_reason ?? had.finish
    had.error ??= error
  }
  return had
}

/** Before anything of the answer can be shown, and unbilled. */
const EARLY: Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 429, headers: { 'retry-after-ms': '5' } },
  { kind: 'status', status: 401 },
  { kind: 'reset' },
]
const LATE: Fault = { kind: 'cut', afterChunks: 4 }

test('whatever fails, an answer is whole and its own, or an error', async () => {
  const fault = fc.option(fc.constantFrom(...EARLY, LATE), { nil: undefined })
  const faults = fc.array(fault, { minLength: IDS.length, maxLength: IDS.length })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...STRATEGIES), fc.boolean(), faults, async (strategy, stream, drawn) => {
      gateway.emulator.reset()
      for (const [at, fault] of drawn.entries()) {
        await gateway.api('POST', `/api/deployments/${IDS[at]}/reset`)
        const match = { operation: 'chat', model: UPSTREAM[at]! } as const
        if (fault) gateway.emulator.faults.add({ match, fault, times: 1_000 })
      }
      const had = await chat(`pool:${strategy}`, stream)
      const sent = gateway.emulator.requests().filter(({ method }) => method === 'POST')
      const asked = sent.map(({ body }) => UPSTREAM.indexOf((body as { model: string }).model))
      const members = [...new Set(asked)]
      const last = members.at(-1)!
      const begun = stream ? members.find((member) => drawn[member] === undefined || drawn[member] === LATE) : last
      const isCut = begun !== undefined && stream && drawn[begun] === LATE

      expect(members.length).toBeLessThanOrEqual(MAX + 1)
      expect(asked.length).toBeLessThanOrEqual(2 * (MAX + 1))
      // A stream says how many there had been when it began.
      if (!isCut) expect(had.headers.get('x-turnout-attempts')).toBe(String(asked.length))
      // Those that were left have failed or write otherwise, and whoever is well ends it.
      if (!isCut) for (const member of members.slice(0, -1)) expect(drawn[member]).toBeDefined()
      if (had.finish !== null) {
        expect(had).toMatchObject({ status: 200, finish: 'stop', error: undefined })
        expect(drawn[last]).toBeUndefined()
        expect(had.headers.get('x-turnout-model')).toBe(IDS[begun!])
        expect(had.text).toBe(texts.get(`${IDS[last]} ${stream}`))
      } else {
        expect(had.error?.code).toBeDefined()
        if (isCut) expect(texts.get(`${IDS[begun]} ${stream}`)!.startsWith(had.text)).toBe(true)
        else {
          expect(had.text).toBe('')
          expect(members).toHaveLength(MAX + 1)
          for (const member of members) expect(drawn[member]).toBeDefined()
        }
      }

      const { body } = await gateway.api('GET', `/api/usage?requestId=${had.headers.get('x-turnout-request-id')}`)
      const lines = body.data as { cost: string | null }[]
      expect(lines).toHaveLength(asked.length)
      if (drawn.includes(LATE)) return
      const { inputTokens, outputTokens } = gateway.emulator.bill()
      const known = lines.reduce((sum, { cost }) => sum + Math.round(Number(cost) * 1e9), 0)
      expect(known).toBe(inputTokens * 1_000 + outputTokens * 2_000)
    }),
    { numRuns: 60 },
  )
})
