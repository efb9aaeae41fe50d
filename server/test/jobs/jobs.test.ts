import { createHash } from 'node:crypto'
import type { Job, JobEvent } from '@turnout/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY } from '../gateway.ts'
import { isOver, type JobWorld, jobWorld, waitFor } from './world.ts'

const CONFIGURATION = `
pools:
  pictures: { members: [flux-2-pro, flux-dev] }
`

let world: JobWorld
beforeAll(async () => {
  world = await jobWorld({ configuration: CONFIGURATION, doubles: { pendingPolls: 0 } })
})
afterAll(() => world.close())
afterEach(() => world.emulator.reset())

const ask = { model: 'flux-2-pro', inputs: { prompt: 'A red door' } }

const userKey = async (more: object = {}): Promise<{ id: string; secret: string }> =>
  (await world.gateway.api('POST', '/api/keys', { name: 'a user', role: 'user', ...more })).body.data

/** Who was asked for a job, and what became of it. */
const attemptsOf = ({ data }: { data: Job }) => data.attempts.map(({ deployment, state }) => [deployment, state])

/** All events of a job until its end, or so many of them. */
async function eventsOf(id: string, lastId?: number): Promise<JobEvent[]> {
  const response = await fetch(`${world.gateway.url}/api/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(lastId !== undefined && { 'last-event-id': String(lastId) }) },
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const blocks = (await response.text()).split('\n\n').filter((block) => block.startsWith('id:'))
  return blocks.map((block) => JSON.parse(block.slice(block.indexOf('data: ') + 6)) as JobEvent)
}

describe('a picture', () => {
  it('is waited for, kept in our own storage and answered at the top level', async () => {
    const { status, body } = await world.order({
      ...ask,
      options: { width: 768, height: 512, seed: 7 },
      userId: 'user123',
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, status: 'completed', cost: '0.03' })
    expect(body.imageUrl).toBe(body.images[0]!.url)
    const bytes = Buffer.from(await (await fetch(body.imageUrl!)).arrayBuffer())
    const [output] = body.images
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(output!.sha256)
    expect(output).toMatchObject({ mediaType: 'image/jpeg', bytes: bytes.length, width: 768, height: 512, seed: 7 })
    expect((await fetch(output!.thumbnailUrl!)).headers.get('content-type')).toBe('image/webp')
    expect(body.data).toMatchObject({ id: body.jobId, state: 'succeeded', userId: 'user123', provider: 'bfl' })
    expect(body.data.cost).toEqual({ quoted: expect.any(String), reported: '0.03', settled: '0.03' })
    expect(JSON.stringify(body)).not.toContain('credential')
    expect(world.generations()).toBe(1)
  })

  it('goes on when nobody waits, and shows the same body in poll and event', async () => {
    const { status, body, headers } = await world.order({ ...ask, wait: 0 })
    expect(status).toBe(202)
    expect(headers.get('location')).toBe(`/api/jobs/${body.jobId}`)
    const job = await world.over(body.jobId)
    const events = await eventsOf(body.jobId)
    expect(events.map(({ type }) => type)).toEqual([
      'job.queued',
      'job.running',
      'job.progress',
      ...events.slice(3, -1).map(() => 'job.progress'),
      'job.succeeded',
    ])
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    const last = events.at(-1)!
    const unsigned = (text: string) =>
      text.replace(/expires=\d+&signature=[\w-]+/g, '').replace(/localhost|127\.0\.0\.1/g, '')
    expect(unsigned(JSON.stringify(last.data))).toBe(unsigned(JSON.stringify(job)))
    expect((await eventsOf(body.jobId, last.sequence - 1)).map(({ sequence }) => sequence)).toEqual([last.sequence])
  })

  it('is watched from any event on, and nobody waits for what does not follow', async () => {
    world.emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'late-success', polls: 1000 } })
    const { body } = await world.order({ ...ask, model: 'flux-dev', wait: 0 })
    await world.until(body.jobId, ({ attempts }) => attempts[0]?.state === 'accepted')
    const watch = (after: number) =>
      fetch(`${world.gateway.url}/api/jobs/${body.jobId}/events?after=${after}`, {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      })
    // The head of the answer comes before anything has happened.
    const early = await watch(1_000)
    await world.gateway.api('POST', `/api/jobs/${body.jobId}/cancel`)
    expect(await early.text()).toContain('event: job.canceled')
    const { sequence } = await world.job(body.jobId)
    expect([(await watch(sequence)).status, (await watch(1_000)).status]).toEqual([204, 204])
  })

  it('is several jobs inside where its model makes one at a time, and one job outside', async () => {
    const { body } = await world.order({ ...ask, options: { num_images: 3, seed: 10 } })
    expect(body.images).toHaveLength(3)
    expect(body.images.map(({ seed }) => seed)).toEqual([10, 11, 12])
    expect(body.data).toMatchObject({ cost: { settled: '0.09' }, usage: { images: 3 } })
    expect(body.data.attempts).toHaveLength(3)
    expect(world.generations()).toBe(3)
    const { body: list } = await world.gateway.api('GET', '/api/jobs?limit=1')
    expect(list.data[0].id).toBe(body.jobId)
  })

  it('shows every problem of the request with its path, and begins nothing', async () => {
    const { status, body } = await world.order({ ...ask, inputs: { prompt: 5, nonsense: 1 }, options: { seed: 'x' } })
    expect(status).toBe(400)
    const paths = (body.error.details as { path: string }[]).map(({ path }) => path)
    expect(paths.sort()).toEqual(['inputs.nonsense', 'inputs.prompt', 'options.seed'])
    expect((await world.order({ model: 'no-such-model', inputs: {} })).status).toBe(404)
    expect((await world.order({ model: 'gpt-5.4-mini', inputs: { prompt: 'x' } })).body.error.code).toBe(
      'capability_missing',
    )
    expect(world.emulator.requests()).toEqual([])
  })
})

describe('an Idempotency-Key', () => {
  it('makes one job of many requests, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'order-1' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.order({ ...ask, wait: 20 }, { headers })))
    expect(new Set(answers.map(({ body }) => body.jobId)).size).toBe(1)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(world.generations()).toBe(1)
    const other = await world.order({ ...ask, inputs: { prompt: 'Another' } }, { headers })
    expect(other.status).toBe(409)
    expect(other.body.error.message).toContain(answers[0]!.body.jobId)
  })

  it('leads to the same job, whatever has become of its model', async () => {
    const headers = { 'idempotency-key': 'order-2' }
    const jobs = [{ ...ask, model: 'flux-dev' }]
    const order = () => world.order({ ...ask, model: 'flux-dev' }, { headers })
    const batch = async () =>
      (await world.gateway.api('POST', '/api/jobs/batch', { jobs }, ADMIN_KEY, { 'idempotency-key': 'batch-2' })).body
    const [first, set] = [await order(), await batch()]
    await world.gateway.api('PUT', '/api/models/flux-dev', { enabled: false })
    try {
      expect((await world.order({ ...ask, model: 'flux-dev' })).body.error.code).toBe('model_not_enabled')
      const [again, sameSet] = [await order(), await batch()]
      expect([again.status, again.body.jobId]).toEqual([200, first.body.jobId])
      expect(sameSet.data.id).toBe(set.data.id)
    } finally {
      await world.gateway.api('DELETE', '/api/models/flux-dev')
    }
  })

  it('of a retry is not that of the first try, and not of another job', async () => {
    const { secret } = await userKey()
    const failed = async (name: string) => {
      world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' }, times: 1 })
      const options = { key: secret, headers: { 'idempotency-key': name } }
      return (await world.order({ ...ask, userId: 'customer-7', deadlineSeconds: 4000 }, options)).body.jobId
    }
    const [one, other] = [await failed('first'), await failed('second')]
    const retry = (id: string, name: string) =>
      world.gateway.api('POST', `/api/jobs/${id}/retry`, {}, secret, { 'idempotency-key': name })
    expect([(await retry(one, 'first')).status, (await retry(one, 'again')).status]).toEqual([409, 202])
    expect((await retry(other, 'again')).status).toBe(409)
    const { data } = (await retry(one, 'again')).body as { data: Job }
    expect(data).toMatchObject({ retryOf: one, userId: 'customer-7' })
    expect(Date.parse(data.deadlineAt) - Date.parse(data.createdAt)).toBe(4_000_000)
  })
})

describe('a failure', () => {
  it('that the provider states is the error of the job, without a retry', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' } })
    const { status, body } = await world.order(ask)
    expect([status, body.status, body.error.code]).toEqual([400, 'failed', 'content_policy'])
    expect(body.data.cost.settled).toBe('0')
    expect(world.generations()).toBe(0)
  })

  it('of one that is surely unmade leads to a retry, then to the next of the pool', async () => {
    const unavailable = { match: { provider: 'bfl' }, fault: { kind: 'status' as const, status: 503 }, times: 2 }
    world.emulator.faults.add(unavailable)
    const { status, body } = await world.order({ ...ask, model: 'pool:pictures' })
    expect(status).toBe(200)
    expect(attemptsOf(body)).toEqual([
      ['flux-2-pro', 'refused'],
      ['flux-2-pro', 'refused'],
      ['flux-dev', 'succeeded'],
    ])
    expect(world.generations()).toBe(1)
  })

  it('whose outcome nobody knows is never sent again by itself', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'reset', billed: true } })
    const { status, body } = await world.order(ask)
    expect([status, body.status, body.error.code]).toEqual([502, 'unknown', 'unknown_outcome'])
    expect(body.data.cost.settled).toBeNull()
    expect(world.generations()).toBe(1)
    const refused = await world.gateway.api('POST', `/api/jobs/${body.jobId}/retry`)
    expect(refused.status).toBe(409)
    expect(refused.body.error.details).toMatchObject({ param: 'confirm' })
    const again = await world.gateway.api('POST', `/api/jobs/${body.jobId}/retry`, { confirm: true })
    expect(again.status).toBe(202)
    expect(await world.over(again.body.data.id)).toMatchObject({ state: 'succeeded', retryOf: body.jobId })
    expect(world.generations()).toBe(2)
  })

  it('to fetch what was made is told as paid, with its cost', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'expired-result' } })
    const { status, body } = await world.order(ask)
    expect([status, body.error.code]).toEqual([502, 'invalid_output'])
    expect(body.error.message).toContain('paid')
    expect(body.data.cost.settled).toBe('0.03')
  })

  it('of the provider after it had accepted leads to the next of the pool', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'failed-task' } })
    const { body } = await world.order({ ...ask, model: 'pool:pictures' })
    expect(attemptsOf(body)).toEqual([
      ['flux-2-pro', 'failed'],
      ['flux-dev', 'succeeded'],
    ])
  })
})

describe('a deadline', () => {
  it('ends a job that is not done, after the provider was asked one last time, and a late success is still collected', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 100 } })
    const { body } = await world.order({ ...ask, deadlineSeconds: 1, wait: 0 })
    const job = await world.over(body.jobId)
    expect(job).toMatchObject({ state: 'unknown', error: { code: 'timeout' }, cost: { settled: null } })
  })
})

describe('canceling', () => {
  it('ends a job of a provider that stops, and one that has not begun at once', async () => {
    world.emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'late-success', polls: 100 } })
    const { body } = await world.order({ model: 'flux-dev', inputs: { prompt: 'x' }, wait: 0 })
    await world.until(body.jobId, ({ attempts }) => attempts[0]?.state === 'accepted')
    await world.gateway.api('POST', `/api/jobs/${body.jobId}/cancel`)
    expect(await world.over(body.jobId)).toMatchObject({ state: 'canceled' })
    const again = await world.gateway.api('POST', `/api/jobs/${body.jobId}/cancel`)
    expect(again.body.data.state).toBe('canceled')
  })
})

describe('limits', () => {
  it('hold jobs back, tell why they wait, and let the keys take turns', async () => {
    const one = await userKey({ limits: { jobs: 1 } })
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 8 } })
    const first = await world.order({ ...ask, wait: 0 }, { key: one.secret })
    const second = await world.order({ ...ask, wait: 0 }, { key: one.secret })
    const other = await world.order({ ...ask, wait: 20 })
    expect(other.status).toBe(200)
    const waiting = await world.job(second.body.jobId)
    expect(waiting).toMatchObject({ state: 'queued', queuePosition: 0, waiting: { reason: 'limit' } })
    expect(waiting.waiting!.detail).toContain('The key runs 1 jobs')
    expect(await world.over(first.body.jobId)).toMatchObject({ state: 'succeeded' })
    const [a, b] = [await world.over(first.body.jobId), await world.over(second.body.jobId)]
    expect(Date.parse(b.startedAt!)).toBeGreaterThanOrEqual(Date.parse(a.finishedAt!))
  })

  it('hold for what a job brings: what is too long to be stored names what is longest', async () => {
    const tooLong = { ...ask, inputs: { prompt: 'A red door. '.repeat(200_000) } }
    const { status, body } = await world.order(tooLong)
    expect([status, body.error.message]).toEqual([413, expect.stringContaining('inputs.prompt must have at most')])
    const drawn = world.gateway.client.images.generate({ model: ask.model, ...tooLong.inputs })
    await expect(drawn).rejects.toMatchObject({ status: 413, code: 'invalid_input', param: 'prompt' })
  })
})

describe('who may see what', () => {
  it('keeps jobs from other keys, and end users from other owners', async () => {
    const mine = await userKey({ owner: 'ann' })
    const other = await userKey({ owner: 'ben' })
    const { body } = await world.order(ask, { key: mine.secret })
    expect(body.data.userId).toBe('ann')
    const see = (secret: string, method = 'GET', path = '') =>
      world.gateway.api(method, `/api/jobs/${body.jobId}${path}`, undefined, secret)
    expect((await see(mine.secret)).status).toBe(200)
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
      ['POST', '/retry'],
      ['DELETE', ''],
    ] as const) {
      expect((await see(other.secret, method, path)).status).toBe(404)
    }
    const list = await world.gateway.api('GET', '/api/jobs', undefined, other.secret)
    expect(list.body.data).toEqual([])
    const named = await world.order({ ...ask, userId: 'ann' }, { key: other.secret })
    expect([named.status, named.body.error.code]).toEqual([403, 'permission'])
    const raised = await world.order({ ...ask, priority: 5 }, { key: mine.secret })
    expect(raised.status).toBe(403)
  })

  it('takes whatever name another dialect has for an end user', async () => {
    const wish = { modelId: 'flux-2-pro', prompt: 'A red door', user: 'a\0b' }
    const { status, headers } = await world.gateway.api('POST', '/api/generate-image', wish)
    expect([status, (await world.job(headers.get('x-turnout-job-id')!)).userId]).toEqual([200, 'a\uFFFDb'])
  })

  it('says so where a list cannot go on, because its last entry was deleted or is of another list', async () => {
    const { secret } = await userKey()
    const orders = await Promise.all([1, 2].map(() => world.order(ask, { key: secret })))
    const list = async (query: string, path = '/api/jobs') =>
      (await world.gateway.api('GET', `${path}?limit=1${query}`, undefined, secret)).body
    const { nextCursor } = (await list('')) as { nextCursor?: string }
    const last = orders.find(({ body }) => body.jobId !== nextCursor)!.body.jobId
    expect(await list(`&cursor=${last}`)).toMatchObject({ data: [], nextCursor: null })
    await world.gateway.api('DELETE', `/api/jobs/${nextCursor}`, undefined, secret)
    for (const path of ['/api/jobs', '/api/webhooks/endpoints', '/api/webhooks/deliveries']) {
      expect((await list(`&cursor=${nextCursor}`, path)).error).toMatchObject({
        code: 'invalid_input',
        details: { param: 'cursor' },
      })
    }
  })

  it('forgets a job and its bytes when it is deleted, not what it cost', async () => {
    const { body } = await world.order(ask)
    const { url } = body.images[0]!
    expect((await world.gateway.api('DELETE', `/api/jobs/${body.jobId}`)).status).toBe(200)
    expect((await world.gateway.api('GET', `/api/jobs/${body.jobId}`)).status).toBe(404)
    expect((await fetch(url)).status).toBe(404)
    const usage = await world.gateway.api('GET', '/api/usage?limit=1')
    expect(usage.body.data[0]).toMatchObject({ operation: 'image.generate', cost: '0.03', outcome: 'succeeded' })
  })
})

describe('a webhook', () => {
  it('hears how far a job and its parts have come, where that is asked for', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 2 } })
    const url = 'https://receiver.invalid/'
    const { secret } = await userKey()
    const key = { key: secret }
    const [own, none] = [
      await world.order({ ...ask, webhook: { url, events: ['job.progress'] } }, key),
      await world.order({ ...ask, webhook: url }, key),
    ]
    await world.gateway.api('POST', '/api/webhooks/endpoints', { url, events: ['job.progress'] }, secret)
    const both = await world.order({ ...ask, options: { num_images: 2 } }, key)
    const told = async ({ body }: typeof own) =>
      (await world.gateway.api('GET', `/api/webhooks/deliveries?subject=${body.jobId}`, undefined, secret)).body.data
    const types = async (order: typeof own) => new Set((await told(order)).map(({ type }: { type: string }) => type))
    expect([await types(own), await types(none), await types(both)]).toEqual([
      new Set(['job.progress']),
      new Set(['job.succeeded']),
      new Set(['job.progress']),
    ])
    const { id, sequence } = (await told(own)).at(-1)
    const { message } = (await world.gateway.api('GET', `/api/webhooks/deliveries/${id}`, undefined, secret)).body.data
    expect(message).toMatchObject({ type: 'job.progress', data: { id: own.body.jobId, state: 'running', sequence } })
  })
})

describe('a video and a batch', () => {
  it('are jobs like any other', async () => {
    const video = await world.order({ model: 'flux-3-video', inputs: { prompt: 'A train' } }, { kind: 'videos' })
    expect(video.status).toBe(202)
    const made = await world.over(video.body.jobId)
    expect(made.outputs[0]).toMatchObject({ mediaType: 'video/mp4', durationMs: 5000 })
    const jobs = ['a', 'b', 'c'].map((prompt) => ({ ...ask, inputs: { prompt } }))
    const wrong = await world.gateway.api('POST', '/api/jobs/batch', { jobs: [...jobs, { ...ask, inputs: {} }] })
    expect(wrong.status).toBe(400)
    expect((wrong.body.error.details as { path: string }[])[0]!.path).toBe('jobs[3].inputs.prompt')
    const { body } = await world.gateway.api('POST', '/api/jobs/batch', { jobs })
    const set = await waitFor(async () => {
      const read = (await world.gateway.api('GET', `/api/jobs/batch/${body.data.id}`)).body.data
      expect(read.done).toBe(true)
      return read
    })
    expect(set).toMatchObject({ progress: 1, cost: '0.09', counts: { succeeded: 3 } })
    expect(set.jobs.map((job: Job) => job.inputs.prompt)).toEqual(['a', 'b', 'c'])
    expect(set.jobs.every(isOver)).toBe(true)
  })
})
