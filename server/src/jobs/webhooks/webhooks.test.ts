import { describe, expect, test } from 'vitest'
import { KINDS } from '../../../test/database.ts'
import { enqueueEvent } from './enqueue.ts'
import { pruneEvents } from './prune.ts'
import { endpoint, event, openWebhooks, status, verified } from './testing/receiver.ts'
import { ALL, until, WebhookWorld } from './testing/world.ts'

describe.each(KINDS)('webhooks on the %s database', (kind) => {
  const world = new WebhookWorld(kind)

  describe('a delivery', () => {
    test('is verified by the official library', async () => {
      const { id, secret } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      const timestamp = new Date('2026-11-21T08:00:00.123Z')
      const eventId = await world.tell('job_1', { timestamp, payload: { id: 'job_1', text: 'ü\0\ud800🚋' } })
      const [hit] = await until(() => {
        expect(world.receiver.hits).toHaveLength(1)
        return world.receiver.hits
      })
      const message = { type: 'job.succeeded', timestamp: timestamp.toISOString(), sequence: 1 }
      expect(verified(secret, hit!)).toEqual({ ...message, data: { id: 'job_1', text: 'ü\0\ud800🚋' } })
      expect(hit!.headers).toMatchObject({ 'webhook-id': eventId, 'content-type': 'application/json' })
      expect(() => verified(world.webhooks.keySecret('key_a'), hit!)).toThrow('No matching signature')
      await until(async () =>
        expect(await world.soleDelivery()).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 204 }),
      )
      const detail = await world.webhooks.readDelivery(ALL, (await world.soleDelivery()).id)
      expect(detail).toMatchObject({
        endpointId: id,
        keyId: 'key_a',
        url: world.receiver.url('/hook'),
        eventId,
        message,
      })
      expect(detail.log).toMatchObject([{ attempt: 1, status: 204, error: null, latencyMs: expect.any(Number) }])
    })

    test('goes to the URL that the request named, signed as it wants', async () => {
      const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
      const own = await world.webhooks.accept({ url: world.receiver.url('/own'), secret, events: ['job.progress'] })
      expect(JSON.stringify(own)).not.toContain(secret.slice(6))
      const plain = await world.webhooks.accept(world.receiver.url('/plain'))
      await world.tell('job_1', { target: own, type: 'job.progress' })
      await world.tell('job_2', { target: plain, type: 'job.unknown' })
      // What they did not ask for.
      expect(await world.tell('job_1', { target: own })).toBeUndefined()
      expect(await world.tell('job_2', { target: plain, type: 'job.progress' })).toBeUndefined()
      await until(() => expect(world.receiver.hits).toHaveLength(2))
      expect(verified(secret, world.receiver.at('/own')[0]!)).toMatchObject({ type: 'job.progress' })
      expect(verified(world.webhooks.keySecret('key_a'), world.receiver.at('/plain')[0]!)).toMatchObject({
        type: 'job.unknown',
      })
      expect(world.webhooks.keySecret('key_b')).not.toBe(world.webhooks.keySecret('key_a'))
    })

    test('is stored with the transaction that caused it, or not at all', async () => {
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      const failing = world.sql.transaction().execute(async (transaction) => {
        await enqueueEvent(transaction, event('job_dropped'))
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      await world.sql.transaction().execute((transaction) => enqueueEvent(transaction, event('job_kept')))
      await until(() => expect(world.receiver.hits).toHaveLength(1))
      expect((await world.deliveries()).map(({ subject }) => subject)).toEqual(['job_kept'])
    })

    test('is made to who wants to hear of it, and nothing is stored for nobody', async () => {
      expect(await world.tell('job_0')).toBeUndefined()
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/a')))
      await world.webhooks.createEndpoint('key_b', endpoint(world.receiver.url('/b')))
      await world.webhooks.createEndpoint('key_a', { ...endpoint(world.receiver.url('/off')), enabled: false })
      await world.webhooks.createEndpoint(null, { ...endpoint(world.receiver.url('/all')), events: ['job.failed'] })
      await world.tell('job_1')
      await world.tell('job_2', { type: 'job.failed', keyId: 'key_b' })
      expect(await world.tell('job_3', { type: 'job.unknown' })).toBeUndefined()
      await until(() => expect(world.receiver.hits).toHaveLength(3))
      const heard = world.receiver.hits.map(({ path, body }) => `${path} ${JSON.parse(body).data.id}`)
      expect(heard.sort()).toEqual(['/a job_1', '/all job_2', '/b job_2'])
      expect(new Set([...world.receiver.at('/all'), ...world.receiver.at('/b')].map(({ body }) => body)).size).toBe(1)
    })

    test('is made once, though its event is told twice', async () => {
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      expect(await world.tell('job_1', { sequence: 7 })).toMatch(/^evt_/)
      expect(await world.tell('job_1', { sequence: 7 })).toBeUndefined()
      await world.tell('job_1')
      await until(() => expect(world.receiver.hits).toHaveLength(2))
      expect(world.receiver.hits.map(({ body }) => JSON.parse(body).sequence)).toEqual([7, 8])
    })
  })

  test('events of a job come in their order, and wait for a failing one only for a while', async () => {
    await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
    const bad = new Set(['1'])
    world.receiver.answers['/hook'] = (response, { body }) =>
      status(bad.has(JSON.parse(body).data.n) ? 500 : 200)(response, undefined!)
    for (const n of ['1', '2', '3']) await world.tell('job_1', { payload: { n } })
    await world.tell('job_2', { payload: { n: 'other' } })
    const order = () => world.receiver.hits.map(({ body }) => JSON.parse(body).data.n).join(' ')
    const first = (await world.deliveries({ subject: 'job_1' })).find(({ sequence }) => sequence === 1)!
    await world.passFailure(1, { eventId: first.eventId })
    await world.passFailure(2, { eventId: first.eventId })
    await until(() => expect(world.receiver.hits).toHaveLength(6))
    expect(order().replace(' other', '')).toBe('1 1 1 2 3')
    bad.clear()
    await world.passFailure(3, { eventId: first.eventId })
    await until(async () => expect((await world.soleDelivery({ eventId: first.eventId })).state).toBe('delivered'))
    for (const n of ['4', '5', '6', '7']) await world.tell('job_1', { payload: { n } })
    await until(() => expect(order()).toMatch(/1 4 5 6 7$/))
  })

  test('several processes share the work, and nothing is sent twice', async () => {
    await Promise.all(
      [1, 2].map(async () =>
        openWebhooks(await world.database.open(), { pollMs: 5 }).then((one) => world.opened.push(one)),
      ),
    )
    await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/a')))
    await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/b')))
    const subjects = Array.from({ length: 20 }, (_, i) => `job_${i}`)
    for (let n = 0; n < 3; n += 1) await Promise.all(subjects.map((subject) => world.tell(subject)))
    await until(() => expect(world.receiver.hits.length).toBeGreaterThanOrEqual(120))
    await until(async () => expect(await world.deliveries({ state: 'pending' })).toEqual([]))
    expect(new Set(world.receiver.hits.map(({ path, id }) => path + id)).size).toBe(120)
    expect(world.receiver.hits).toHaveLength(120)
    for (const path of ['/a', '/b']) {
      const heard = world.receiver.at(path).map(({ body }) => JSON.parse(body))
      for (const subject of subjects) {
        const sequences = heard.filter(({ data }) => data.id === subject).map(({ sequence }) => sequence)
        expect(sequences).toEqual([1, 2, 3])
      }
    }
  })

  test('lists come in pages and by filters', async () => {
    const { id } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/a')))
    await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/b')))
    for (const subject of ['job_1', 'job_2', 'job_3']) await world.tell(subject)
    await until(async () => expect(await world.deliveries({ state: 'delivered' })).toHaveLength(6))
    const seen: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await world.webhooks.listDeliveries(ALL, { endpointId: id }, { limit: 2, ...(cursor && { cursor }) })
      seen.push(...page.items.map(({ subject }) => subject))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['job_3', 'job_2', 'job_1'])
    expect(await world.deliveries({ subject: 'job_2' })).toHaveLength(2)
    expect(await world.deliveries({ type: 'job.failed' })).toEqual([])
    const first = await world.webhooks.listEndpoints(ALL, { limit: 1 })
    const second = await world.webhooks.listEndpoints(ALL, { limit: 1, cursor: first.nextCursor! })
    expect([second.items[0]!.id, second.nextCursor]).toEqual([id, null])
  })

  test('what is old is removed, unless it is still on its way', async () => {
    await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
    for (const subject of ['job_old', 'job_pending', 'job_new']) await world.tell(subject)
    await until(async () => expect(await world.deliveries({ state: 'delivered' })).toHaveLength(3))
    const { sql } = world
    const old = new Date(Date.now() - 31 * 86_400_000)
    await sql.updateTable('webhook_events').set({ created_at: old }).where('subject', '!=', 'job_new').execute()
    await world.webhooks.close()
    await sql.updateTable('webhook_deliveries').set({ state: 'pending' }).where('subject', '=', 'job_pending').execute()
    await pruneEvents(sql)
    expect((await world.deliveries()).map(({ subject }) => subject).sort()).toEqual(['job_new', 'job_pending'])
  })
})
