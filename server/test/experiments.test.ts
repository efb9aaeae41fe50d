import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, type ApiBody, startGateway, type TestGateway } from './gateway.ts'

const PRICES = {
  rates: ['inputToken', 'outputToken'].map((unit) => ({ unit, usd: '1', per: 1_000 })),
  source: 'the test',
  asOf: '2026-01-01',
}
const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 0 },
  discovery: false,
  models: ['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.5'].map((id) => ({ id, prices: PRICES })),
  pools: {
    // What stands where in it depends on whose request it is.
    spread: { strategy: 'round-robin', members: ['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.5'] },
    pages: {
      members: ['gpt-5.4'],
      experiment: {
        name: 'style',
        by: 'user',
        variants: { control: { weight: 1 }, bold: { to: 'pool:bold' }, plain: { to: 'gpt-5.4-nano' } },
      },
    },
    bold: { members: ['gpt-5.4-mini', 'gpt-5.5'] },
    sessions: {
      members: ['gpt-5.4'],
      experiment: { by: 'session', variants: { control: {}, other: { to: 'role:other' } } },
    },
    pictures: {
      members: ['gpt-image-2'],
      experiment: { by: 'user', variants: { control: {}, other: { to: 'gpt-image-1.5' } } },
    },
    partly: {
      members: ['gpt-5.4'],
      experiment: { variants: { missing: { weight: 1_000, to: 'claude-sonnet-5' }, there: { to: 'pool:bold' } } },
    },
  },
  roles: {
    writer: { pool: 'pages' },
    other: { pool: 'bold', products: { landing: 'pages' } },
  },
})

let gateway: TestGateway
let userKey: string
beforeAll(async () => {
  gateway = await startGateway({ configuration: CONFIGURATION })
  userKey = (await gateway.api('POST', '/api/keys', { name: 'app', role: 'user' })).body.data.secret
})
afterAll(() => gateway.close())
beforeEach(() => gateway.emulator.reset())

const post = async (path: string, body: object, headers: Record<string, string> = {}, key = ADMIN_KEY) => {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const tell = (name: string) => response.headers.get(`x-turnout-${name}`)
  return {
    status: response.status,
    body: (await response.json()) as ApiBody & Record<string, unknown>,
    requestId: tell('request-id')!,
    model: tell('model'),
    route: tell('route'),
    experiment: tell('experiment'),
    variant: tell('variant'),
  }
}
const MESSAGES = [{ role: 'user', content: 'Tell me about turnouts.' }]
const chat = (model: string, more: object = {}, headers: Record<string, string> = {}, key = ADMIN_KEY) =>
  post('/v1/chat/completions', { model, messages: MESSAGES, ...more }, headers, key)
const users = Array.from({ length: 12 }, (_, n) => `user-${n}`)

describe('a session', () => {
  test('goes to the same member, by its header and by the field of the native API alike', async () => {
    const seen = new Map<string, Set<string>>()
    for (const session of ['one', 'two', 'three', 'four', 'five']) {
      const members = new Set<string>()
      seen.set(session, members)
      for (let n = 0; n < 2; n += 1)
        members.add((await chat('pool:spread', {}, { 'x-turnout-session': session })).model!)
      const target = { modelId: 'pool:spread', prompt: 'Hi.' }
      members.add((await post('/api/generate-text', { ...target, session })).body.data.model)
      members.add((await post('/api/generate-text', target, { 'x-turnout-session': session })).body.data.model)
    }
    expect([...seen.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1])
    expect(new Set([...seen.values()].flatMap((members) => [...members])).size).toBeGreaterThan(1)
    const without = await Promise.all(users.slice(0, 4).map(() => chat('pool:spread')))
    expect(new Set(without.map(({ model }) => model)).size).toBe(4)
  })

  test('goes elsewhere when its member is drained, and the explanation says where', async () => {
    const explain = async () =>
      (await post('/api/route/explain', { model: 'pool:spread', prompt: 'Hi.', session: 'one' })).body.data
    const before = await explain()
    expect(before).toMatchObject({ bySession: true, variant: null })
    const [first, second] = before.candidates
    await gateway.api('POST', `/api/deployments/${first.deployment}/drain`)
    expect((await chat('pool:spread', {}, { 'x-turnout-session': 'one' })).model).toBe(second.deployment)
    await gateway.api('POST', `/api/deployments/${first.deployment}/reset`)
    expect((await chat('pool:spread', {}, { 'x-turnout-session': 'one' })).model).toBe(first.deployment)
  })
})

describe('an experiment', () => {
  const MODELS: Record<string, string> = { control: 'gpt-5.4', bold: 'gpt-5.4-mini', plain: 'gpt-5.4-nano' }

  test('gives each user a variant for good, and tells it in headers, answers and records', async () => {
    const given = new Map<string, string>()
    for (const user of users) {
      const had = await chat('role:writer', { user })
      expect(had).toMatchObject({ status: 200, route: 'role:writer', experiment: 'style' })
      expect(had.model).toBe(MODELS[had.variant!])
      given.set(user, had.variant!)
      const { body } = await gateway.api('GET', `/api/usage?requestId=${had.requestId}`)
      expect(body.data).toMatchObject([{ experiment: 'style', variant: had.variant, user }])
    }
    expect(new Set(given.values())).toEqual(new Set(['control', 'bold', 'plain']))
    for (const user of users.slice(0, 4)) {
      const native = await post('/api/generate-text', { role: 'writer', prompt: 'Hi.', user })
      expect(native.variant).toBe(given.get(user))
      expect(native.body.data).toMatchObject({
        experiment: 'style',
        variant: given.get(user),
        requestedModel: 'role:writer',
      })
      const explained = await post('/api/route/explain', { model: 'pool:pages', prompt: 'Hi.', user })
      expect(explained.body.data).toMatchObject({ experiment: 'style', variant: given.get(user) })
    }
  })

  test('takes a variant with what belongs to it: its pool and its fallback', async () => {
    const user = await userOf('bold')
    gateway.emulator.faults.add({ match: { model: 'gpt-5.4-mini' }, fault: { kind: 'status', status: 503 }, times: 9 })
    const had = await chat('pool:pages', { user })
    expect(had).toMatchObject({ status: 200, model: 'gpt-5.5', variant: 'bold' })
    await gateway.api('POST', '/api/deployments/gpt-5.4-mini/reset')
  })

  test('goes by sessions where it is to, and a request takes part in one experiment only', async () => {
    const seen = new Set<string>()
    for (const session of users) {
      const headers = { 'x-turnout-session': session, 'x-turnout-product-type': 'landing' }
      const [one, again] = [await chat('pool:sessions', {}, headers), await chat('pool:sessions', {}, headers)]
      expect(again.variant).toBe(one.variant)
      expect(one).toMatchObject({ experiment: 'sessions', model: 'gpt-5.4' })
      seen.add(one.variant!)
    }
    expect(seen).toEqual(new Set(['control', 'other']))
  })

  test('passes over a variant that cannot be used', async () => {
    for (const user of users.slice(0, 4)) expect((await chat('pool:partly', { user })).variant).toBe('there')
  })

  test('is refused by the path of the variant that leads nowhere', async () => {
    const experiment = { variants: { control: {}, odd: { to: 'role:nobody' } } }
    const refused = await gateway.api('PUT', '/api/pools/odd', { members: ['gpt-5.4'], experiment })
    expect(refused.status).toBe(400)
    expect(refused.body.error.message).toMatch(/^experiment\.variants\.odd\.to leads to a model, pool or role that/)
    const weightless = { variants: { control: { weight: 0 } } }
    const none = await gateway.api('PUT', '/api/pools/odd', { members: ['gpt-5.4'], experiment: weightless })
    expect(none.body.error.message).toMatch(/^experiment\.variants must have a variant whose weight is not 0/)
  })
})

/** A user who is given the variant. */
async function userOf(variant: string): Promise<string> {
  for (let n = 0; n < 100; n += 1) {
    const user = `somebody-${n}`
    const { body } = await post('/api/route/explain', { model: 'pool:pages', prompt: 'Hi.', user })
    if (body.data.variant === variant) return user
  }
  throw new Error(`nobody is given ${variant}`)
}

describe('the outcome', () => {
  const PUT = { members: ['gpt-5.4'], experiment: { variants: { good: {}, bad: { to: 'gpt-5.4-nano' } } } }

  test('tells of each variant what came of its requests', async () => {
    await gateway.api('PUT', '/api/pools/outcome', PUT)
    gateway.emulator.faults.add({ match: { model: 'gpt-5.4-nano' }, fault: { kind: 'status', status: 400 }, times: 99 })
    const had: (Awaited<ReturnType<typeof chat>> & { user: string })[] = []
    for (const user of users) had.push({ ...(await chat('pool:outcome', { user })), user })
    const good = had.filter(({ variant }) => variant === 'good')
    const bad = had.filter(({ variant }) => variant === 'bad')
    expect(good.length * bad.length).toBeGreaterThan(0)
    const score = async (of: (typeof had)[number], value: number) =>
      post('/api/feedback', { requestId: of.requestId, score: value })
    expect((await score(good[0]!, 1)).body.data).toMatchObject({ score: 1, variant: 'good', experiment: 'outcome' })
    await score(good[0]!, 0.5)
    await score(bad[0]!, -1)

    const { body } = await gateway.api('GET', '/api/experiments/outcome')
    const [second, first] = body.data.variants
    expect(body.data).toMatchObject({ name: 'outcome', pools: ['outcome'], by: 'user' })
    expect(first).toMatchObject({
      variant: 'good',
      weight: 1,
      to: null,
      requests: good.length,
      succeeded: good.length,
      failed: 0,
      errorRate: 0,
      feedback: { count: 1, average: 0.5 },
    })
    expect(Number(first.cost)).toBeGreaterThan(0)
    expect(first.latencyMs.p95).toBeGreaterThanOrEqual(first.latencyMs.median)
    expect(second).toMatchObject({
      variant: 'bad',
      to: 'gpt-5.4-nano',
      requests: bad.length,
      failed: bad.length,
      errorRate: 1,
      latencyMs: null,
      cost: '0',
      feedback: { count: 1, average: -1 },
    })
    const future = await gateway.api('GET', '/api/experiments/outcome?from=2999-01-01')
    expect(future.body.data.variants).toMatchObject([{ requests: 0, errorRate: null }, { requests: 0 }])

    // What is over keeps its results.
    await gateway.api('DELETE', '/api/pools/outcome')
    const after = await gateway.api('GET', '/api/experiments')
    const over = after.body.data.find(({ name }: { name: string }) => name === 'outcome')
    expect(over).toMatchObject({
      pools: [],
      by: null,
      variants: [{ variant: 'bad', weight: null }, { variant: 'good' }],
    })
    expect((await gateway.api('GET', '/api/experiments/none')).status).toBe(404)
  })
})

describe('a job', () => {
  const MODELS: Record<string, string> = { control: 'gpt-image-2', other: 'gpt-image-1.5' }

  test('takes the variant of its user, and counts for it', async () => {
    const given = new Map<string, string>()
    for (const user of users.slice(0, 6)) {
      const explained = await post('/api/route/explain', { model: 'pool:pictures', prompt: 'A tram.', user })
      given.set(user, explained.body.data.variant)
    }
    expect(new Set(given.values())).toEqual(new Set(['control', 'other']))
    const order = (userId: string, wait: number) =>
      post('/api/images/generate', { model: 'pool:pictures', inputs: { prompt: 'A tram.' }, userId, wait })
    for (const [user, variant] of given) {
      const { body, status } = await order(user, 30)
      expect(status).toBe(200)
      expect(body.data).toMatchObject({ state: 'succeeded', attempts: [{ deployment: MODELS[variant] }] })
    }
    // One that fails counts too.
    const [loser] = [...given].find(([, variant]) => variant === 'other')!
    gateway.emulator.faults.add({
      match: { model: 'gpt-image-1.5' },
      fault: { kind: 'status', status: 400 },
      times: 99,
    })
    const failed = await order(loser, 30)
    expect(failed.body.data).toMatchObject({ state: 'failed' })
    const count = (variant: string) => [...given.values()].filter((each) => each === variant).length
    const { body } = await gateway.api('GET', '/api/experiments/pictures')
    expect(body.data.variants).toMatchObject([
      { variant: 'control', requests: count('control'), succeeded: count('control'), failed: 0, errorRate: 0 },
      { variant: 'other', requests: count('other') + 1, succeeded: count('other'), failed: 1 },
    ])
    expect(Number(body.data.variants[0].cost)).toBeGreaterThan(0)
    const usage = await gateway.api('GET', '/api/usage?model=gpt-image-1.5')
    expect(usage.body.data[0]).toMatchObject({ experiment: 'pictures', variant: 'other', user: loser })
  })
})

describe('a picture that waits for its job', () => {
  const variantOf = async (user: string): Promise<string> =>
    (await post('/api/route/explain', { model: 'pool:pictures', prompt: 'A tram.', user })).body.data.variant
  const requestsOf = async () => {
    const { body } = await gateway.api('GET', '/api/experiments/pictures')
    return body.data.variants.map(({ requests }: { requests: number }) => requests) as number[]
  }

  test('takes the variant of its user, says so, and counts once', async () => {
    gateway.emulator.reset()
    const [user] = users.slice(6)
    const variant = await variantOf(user!)
    const [control, other] = await requestsOf()
    const { response } = await gateway.client.images
      .generate({ model: 'pool:pictures', prompt: 'A tram.', user: user! })
      .withResponse()
    expect(response.headers.get('x-turnout-experiment')).toBe('pictures')
    expect(response.headers.get('x-turnout-variant')).toBe(variant)
    const native = await post('/api/generate-image', { modelId: 'pool:pictures', prompt: 'A tram.', user })
    expect(native.body.data).toMatchObject({ experiment: 'pictures', variant })
    const jobs = await gateway.api('GET', '/api/jobs?limit=2')
    expect(jobs.body.data).toMatchObject([{ model: 'pool:pictures' }, { model: 'pool:pictures' }])
    await expect.poll(requestsOf).toEqual(variant === 'control' ? [control! + 2, other] : [control, other! + 2])
  })
})

describe('feedback', () => {
  const give = (body: object, key = ADMIN_KEY) => post('/api/feedback', body, {}, key)

  test('is taken from the key that made the request, and from admins', async () => {
    const other = (await gateway.api('POST', '/api/keys', { name: 'other', role: 'user' })).body.data.secret
    const { requestId } = await chat('gpt-5.4', {}, {}, userKey)
    const own = await give({ requestId, score: 0.2, label: 'tone', comment: 'Too dry.\0' }, userKey)
    expect(own).toMatchObject({ status: 200 })
    expect(own.body.data).toMatchObject({ requestId, score: 0.2, label: 'tone', experiment: null, variant: null })
    expect(await give({ requestId, score: 1 }, other)).toMatchObject({ status: 403 })
    expect(await give({ requestId, score: 1 })).toMatchObject({ status: 200 })
  })

  test('is refused for a request that nobody made, and for what is no score', async () => {
    expect(await give({ requestId: 'req_none', score: 1 })).toMatchObject({ status: 404 })
    for (const score of [1.1, -2, 'good']) {
      const { status, body } = await give({ requestId: 'req_none', score })
      expect(status).toBe(400)
      expect(body.error.message).toMatch(/^score /)
    }
  })
})
