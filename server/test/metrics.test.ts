import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'
import { type Page, readMetrics } from './metrics-page.ts'

const prices = {
  rates: [
    { unit: 'inputToken', usd: '1', per: 1_000_000 },
    { unit: 'outputToken', usd: '2', per: 1_000_000 },
  ],
  source: 'the test',
  asOf: '2026-01-01',
}
const text = { provider: 'openai', output: ['text'], prices }
const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 1, backoffBase: 0.005, backoffFactor: 1 },
  discovery: false,
  models: [
    { id: 'first', upstreamId: 'gpt-5.4-mini', ...text },
    { id: 'twin', upstreamId: 'gpt-5.4-mini', ...text },
    { id: 'other', upstreamId: 'gpt-5.4-nano', ...text },
    { id: 'unpriced', upstreamId: 'gpt-5.4', ...text, prices: null },
  ],
  pools: {
    pair: { members: ['other', 'first'], retry: { maxRetries: 0 } },
    twins: { members: ['first', 'twin'], retry: { maxRetries: 0 } },
    judged: { members: ['first'], validate: { maxLength: 5, when: 'after' } },
    strict: { members: ['first'], validate: { maxLength: 5 }, retry: { maxRetries: 0 } },
  },
})

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ configuration: CONFIGURATION })
})
afterAll(() => gateway.close())
beforeEach(async () => {
  gateway.emulator.reset()
  for (const id of ['first', 'twin', 'other']) await gateway.api('POST', `/api/deployments/${id}/reset`)
})

const scrape = (): Promise<Page> => readMetrics(gateway.url, ADMIN_KEY)

/** What a metric grew by. */
async function growth(act: () => Promise<unknown>): Promise<(line: string) => number> {
  const before = await scrape()
  await act()
  const after = await scrape()
  return (line) => Math.round((after.at(line) - before.at(line)) * 1e9) / 1e9
}

const chat = async (model: string, body: object = {}) => {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello.' }], ...body }),
  })
  return { status: response.status, id: response.headers.get('x-turnout-request-id')!, raw: await response.text() }
}

interface Line {
  provider: string
  model: string
  outcome: string
  errorCode: string | null
  usage: { inputTokens?: number; outputTokens?: number }
  cost: string | null
}
const recorded = async (id: string): Promise<Line[]> =>
  (await gateway.api('GET', `/api/usage?requestId=${id}`)).body.data

const sum = (lines: readonly Line[], value: (line: Line) => number | undefined): number =>
  lines.reduce((total, line) => total + (value(line) ?? 0), 0)

describe('the page of metrics', () => {
  test('is for keys of viewers, in the form that Prometheus reads', async () => {
    const { body } = await gateway.api('POST', '/api/keys', { name: 'scraper', role: 'viewer' })
    const page = await readMetrics(gateway.url, body.data.secret)
    expect(page.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(page.types.get('turnout_requests_total')).toBe('counter')
    expect(page.types.get('turnout_attempt_duration_seconds') ?? 'histogram').toBe('histogram')
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(page.types.has(name), name).toBe(true)
    }
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401)
  })

  test('is open to everybody where an option says so', async () => {
    const open = await startGateway({ args: ['--metrics-public', 'true'] })
    try {
      expect((await readMetrics(open.url)).at('turnout_database_up')).toBe(1)
    } finally {
      await open.close()
    }
  })

  test('tells of requests by route and status, whatever is asked for', async () => {
    const grew = await growth(async () => {
      await chat('first')
      await chat('no-such-model-4711')
      await fetch(`${gateway.url}/v1/models/first?x=1`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
      await fetch(`${gateway.url}/v1/nowhere-4711`)
      await fetch(`${gateway.url}/nowhere-4711`)
      await fetch(`${gateway.url}/api/models/first`)
    })
    const requests = (method: string, route: string, status: number) =>
      grew(`turnout_requests_total{method="${method}",route="${route}",status="${status}"}`)
    expect(requests('POST', '/v1/chat/completions', 200)).toBe(1)
    expect(requests('POST', '/v1/chat/completions', 404)).toBe(1)
    expect(grew('turnout_request_duration_seconds_count{method="POST",route="/v1/chat/completions"}')).toBe(2)
    expect(requests('GET', '/v1/models/:id', 200)).toBe(1)
    expect(requests('GET', 'other', 404)).toBe(2)
    expect(requests('GET', '/api/models/:id', 401) + requests('GET', '/api/models/*', 401)).toBe(1)
    expect((await scrape()).text).not.toContain('4711')
  })
})

describe('what is counted of attempts', () => {
  test('agrees with the ledger', async () => {
    let lines: Line[] = []
    const grew = await growth(async () => {
      gateway.emulator.faults.add({ match: { model: 'gpt-5.4-nano' }, fault: { kind: 'status', status: 500 } })
      const had = [
        await chat('first'),
        await chat('first', { stream: true }),
        await chat('pool:pair'),
        await chat('unpriced'),
      ]
      expect(had.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      lines = (await Promise.all(had.map(({ id }) => recorded(id)))).flat()
    })
    expect(lines).toHaveLength(5)
    for (const model of ['first', 'other', 'unpriced']) {
      const own = lines.filter((line) => line.model === model)
      const labels = `provider="openai",model="${model}"`
      const good = own.filter(({ outcome }) => outcome === 'succeeded').length
      expect(grew(`turnout_attempts_total{${labels},outcome="succeeded",code=""}`)).toBe(good)
      expect(grew(`turnout_attempts_total{${labels},outcome="failed",code="upstream_error"}`)).toBe(own.length - good)
      expect(grew(`turnout_attempt_duration_seconds_count{${labels}}`)).toBe(own.length)
      expect(grew(`turnout_tokens_total{${labels},kind="input"}`)).toBe(sum(own, ({ usage }) => usage.inputTokens))
      expect(grew(`turnout_tokens_total{${labels},kind="output"}`)).toBe(sum(own, ({ usage }) => usage.outputTokens))
      expect(grew(`turnout_cost_dollars_total{${labels}}`)).toBeCloseTo(
        sum(own, ({ cost }) => Number(cost)),
        9,
      )
      expect(grew(`turnout_cost_unknown_total{${labels}}`)).toBe(own.filter(({ cost }) => cost === null).length)
    }
    expect(grew('turnout_first_part_seconds_count{provider="openai",model="first"}')).toBe(1)
    expect(grew('turnout_fallbacks_total{provider="openai",model="first"}')).toBe(1)
    expect(grew('turnout_retries_total{provider="openai",model="first"}')).toBe(0)
    expect((await scrape()).at('turnout_attempts_running{provider="openai",model="first"}')).toBe(0)
  })

  test('tells retries from fallbacks', async () => {
    const grew = await growth(async () => {
      gateway.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 500 } })
      expect((await chat('first')).status).toBe(200)
    })
    expect(grew('turnout_retries_total{provider="openai",model="first"}')).toBe(1)
    expect(grew('turnout_fallbacks_total{provider="openai",model="first"}')).toBe(0)
  })

  test('tells of streams that another one went on with', async () => {
    const grew = await growth(async () => {
      gateway.emulator.faults.add({ match: { streamed: true }, fault: { kind: 'cut', afterChunks: 4 } })
      const { raw } = await chat('pool:twins', { stream: true, seed: 3 })
      expect(raw).toContain('"switched"')
      expect(raw.trimEnd().endsWith('[DONE]')).toBe(true)
    })
    expect(grew('turnout_stream_continuations_total{provider="openai",model="twin"}')).toBe(1)
    expect(
      grew('turnout_attempts_total{provider="openai",model="first",outcome="failed",code="stream_interrupted"}'),
    ).toBe(1)
    expect((await scrape()).at('turnout_streams_open')).toBe(0)
  })

  test('tells of answers that did not pass', async () => {
    const grew = await growth(async () => {
      expect((await chat('pool:strict')).status).toBe(502)
      expect((await chat('pool:judged', { stream: true })).raw).toContain('"passed":false')
    })
    const labels = 'provider="openai",model="first"'
    expect(grew(`turnout_attempts_total{${labels},outcome="failed",code="validator_hard_fail"}`)).toBe(1)
    expect(grew('turnout_stream_verdicts_total{verdict="failed"}')).toBe(1)
  })
})

describe('what is looked at', () => {
  test('is how deployments are', async () => {
    const ready = (await scrape()).at('turnout_deployments{state="ready"}')
    await gateway.api('POST', '/api/deployments/twin/drain')
    const page = await scrape()
    expect(page.at('turnout_deployments{state="ready"}')).toBe(ready - 1)
    expect(page.at('turnout_deployments{state="drained"}')).toBe(1)
    expect(page.at('turnout_deployment_set_aside{provider="openai",deployment="twin",state="drained"}')).toBe(1)
    await gateway.api('POST', '/api/deployments/twin/reset')
    expect((await scrape()).text).not.toContain('turnout_deployment_set_aside')
  })

  test('is what the cache holds', async () => {
    const turnout = { cache: { ttlSeconds: 60 } }
    const grew = await growth(async () => {
      for (let i = 0; i < 3; i += 1) await chat('first', { turnout, seed: 77 })
      await chat('first', { turnout, seed: 78 })
    })
    expect(grew('turnout_cache_requests_total{status="miss"}')).toBe(2)
    expect(grew('turnout_cache_requests_total{status="hit"}')).toBe(2)
    expect(grew('turnout_cache_entries')).toBe(2)
    expect(grew('turnout_cache_bytes')).toBeGreaterThan(500)
    expect(grew('turnout_attempts_total{provider="openai",model="first",outcome="succeeded",code=""}')).toBe(2)
  })
})
