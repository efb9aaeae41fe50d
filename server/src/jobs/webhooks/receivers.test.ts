import { describe, expect, test } from 'vitest'
import { KINDS } from '../../../test/database.ts'
import { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { endpoint, status, verified } from './testing/receiver.ts'
import { ALL, until, WebhookWorld } from './testing/world.ts'

describe.each(KINDS)('receivers of webhooks on the %s database', (kind) => {
  const world = new WebhookWorld(kind)

  describe('a receiver that', () => {
    test('fails is asked again for a day, with the same id and body, and then on demand', async () => {
      const { secret } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      world.receiver.answers['/hook'] = status(500)
      await world.tell('job_1')
      const waits: number[] = []
      for (let attempt = 1; attempt <= 10; attempt += 1) waits.push(await world.passFailure(attempt))
      const minutes = [1 / 12, 1 / 2, 2, 10, 30, 60, 120, 240, 360, 600]
      // The clock has gone on a little since each was set; the exact waits are a test of their own.
      for (const [i, wait] of waits.entries()) {
        expect(minutes[i]! - wait / 60_000).toBeGreaterThan(-0.01)
        expect(minutes[i]! - wait / 60_000).toBeLessThan(0.5)
      }
      await until(async () => expect((await world.soleDelivery()).state).toBe('failed'))
      const failed = await world.webhooks.readDelivery(ALL, (await world.soleDelivery()).id)
      expect(failed).toMatchObject({ attempts: 11, nextAttemptAt: null, lastStatus: 500 })
      expect(failed.log.at(-1)).toMatchObject({
        attempt: 11,
        status: 500,
        response: 'said 500',
        error: 'The receiver answered with the status 500.',
      })
      expect(new Set(world.receiver.hits.map(({ id, body }) => id + body)).size).toBe(1)
      expect(new Set(world.receiver.hits.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(11)

      world.receiver.answers['/hook'] = status(200)
      expect(await world.webhooks.replayDelivery(ALL, failed.id)).toMatchObject({ state: 'pending', endedAt: null })
      await until(async () => expect(await world.soleDelivery()).toMatchObject({ state: 'delivered', attempts: 12 }))
      await world.webhooks.replayDelivery(ALL, failed.id)
      await until(async () => expect(await world.soleDelivery()).toMatchObject({ state: 'delivered', attempts: 13 }))
      const again = world.receiver.hits.at(-1)!
      expect([again.id, again.body]).toEqual([world.receiver.hits[0]!.id, world.receiver.hits[0]!.body])
      expect(verified(secret, again)).toMatchObject({ data: { id: 'job_1' } })
    })

    test('asks for time is given it', async () => {
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      world.receiver.answers['/hook'] = status(429, { 'retry-after': '600' })
      await world.tell('job_1')
      expect((await world.passFailure(1)) / 60_000).toBeCloseTo(10, 0)
      world.receiver.answers['/hook'] = status(503, { 'retry-after': '1' })
      // A shorter wait than ours changes nothing.
      expect((await world.passFailure(2)) / 1_000).toBeGreaterThan(10)
    })

    test('is gone is not asked again, nor for what else was on its way', async () => {
      const { id } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      world.receiver.answers['/hook'] = status(500)
      await world.tell('job_1')
      await until(async () => expect((await world.soleDelivery()).lastStatus).toBe(500))
      world.receiver.answers['/hook'] = status(410)
      await world.tell('job_2')
      await until(async () => {
        expect((await world.deliveries()).map(({ state }) => state)).toEqual(['failed', 'failed'])
      })
      expect(await world.webhooks.readEndpoint(ALL, id)).toMatchObject({
        enabled: false,
        disabledReason: expect.stringContaining('410'),
      })
      expect(await world.tell('job_3')).toBeUndefined()
      const [gone] = await world.deliveries({ subject: 'job_1' })
      expect(gone).toMatchObject({ attempts: 1, lastError: 'The endpoint was disabled.' })
      await expect(world.webhooks.replayDelivery(ALL, gone!.id)).rejects.toMatchObject({
        code: 'invalid_input',
        status: 409,
      })
      world.receiver.answers['/hook'] = status(200)
      expect(await world.webhooks.updateEndpoint(ALL, id, { enabled: true })).toMatchObject({ disabledReason: null })
      await world.webhooks.replayDelivery(ALL, gone!.id)
      await until(async () =>
        expect(await world.soleDelivery({ subject: 'job_1' })).toMatchObject({ state: 'delivered' }),
      )
    })

    test('is gone when its endpoint has moved takes nothing along', async () => {
      const { id } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      world.receiver.answers['/hook'] = async (response) => {
        await world.webhooks.updateEndpoint(ALL, id, { url: world.receiver.url('/other') })
        response.writeHead(410).end()
      }
      await world.tell('job_1')
      await world.passFailure(1)
      await until(async () => expect((await world.soleDelivery()).state).toBe('delivered'))
      expect(world.receiver.at('/other')).toHaveLength(1)
      expect(await world.webhooks.readEndpoint(ALL, id)).toMatchObject({ enabled: true })
    })

    test('was named by a request and is gone is given up', async () => {
      world.receiver.answers['/hook'] = status(410)
      await world.tell('job_1', { target: await world.webhooks.accept(world.receiver.url('/hook')) })
      await until(async () =>
        expect(await world.soleDelivery()).toMatchObject({ state: 'failed', attempts: 1, lastStatus: 410 }),
      )
    })

    test('redirects has failed, and is not followed', async () => {
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      world.receiver.answers['/hook'] = status(307, { location: '/elsewhere' })
      await world.tell('job_1')
      await until(async () => expect(await world.soleDelivery()).toMatchObject({ state: 'pending', lastStatus: 307 }))
      expect(world.receiver.at('/elsewhere')).toEqual([])
    })

    test('does not answer has failed, and holds up nobody else', async () => {
      await world.reopen({ timeoutMs: 300 })
      world.receiver.answers['/slow'] = () => {}
      await world.webhooks.createEndpoint('key_a', { ...endpoint(world.receiver.url('/slow')), events: ['job.failed'] })
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/quick')))
      let most = 0
      world.receiver.answers['/quick'] = (response) => {
        most = Math.max(most, world.receiver.waiting('/slow'))
        response.end()
      }
      await Promise.all(Array.from({ length: 60 }, (_, i) => world.tell(`job_${i}`, { type: 'job.failed' })))
      await until(() => expect(world.receiver.at('/quick')).toHaveLength(60))
      expect(most).toBeGreaterThan(0)
      expect(most).toBeLessThanOrEqual(4)
      await until(async () => {
        const errors = (await world.deliveries()).map(({ lastError }) => lastError)
        expect(errors).toContain('The receiver did not answer within 300 ms.')
      })
    })

    test('answers without end is cut off, and what began well is a success', async () => {
      await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/endless')))
      world.receiver.answers['/endless'] = (response) => {
        const more = () => {
          while (!response.destroyed && response.write('x\0'.repeat(1_000))) {}
        }
        response.on('drain', more)
        more()
      }
      await world.tell('job_1')
      await until(async () => expect((await world.soleDelivery()).state).toBe('delivered'))
      const { log } = await world.webhooks.readDelivery(ALL, (await world.soleDelivery()).id)
      expect(log[0]!.response).toBe('x'.repeat(250))
    })
  })

  describe('addresses that are not public', () => {
    test.each(['http://127.0.0.2/', 'http://[::1]:80/', 'http://2130706434/', 'http://inside.example/'])(
      '%s is refused before it is stored',
      async (url) => {
        const resolve = async () => [{ address: '10.1.2.3', family: 4 as const }]
        await world.reopen({ fetcher: new SafeFetcher({ allowed: ['127.0.0.1'], resolve }) })
        await expect(world.webhooks.accept({ url })).rejects.toMatchObject({
          code: 'invalid_input',
          param: 'webhook.url',
        })
        await expect(world.webhooks.createEndpoint('key_a', endpoint(url))).rejects.toMatchObject({ param: 'url' })
        const { id } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/')))
        await expect(world.webhooks.updateEndpoint(ALL, id, { url })).rejects.toMatchObject({ param: 'url' })
      },
    )

    test('a name that leads there only later is refused when it is sent to', async () => {
      const addresses = ['127.0.0.1', '127.0.0.1', '10.1.2.3']
      const resolve = async () => [{ address: addresses.shift() ?? '10.1.2.3', family: 4 }]
      await world.reopen({ fetcher: new SafeFetcher({ allowed: ['127.0.0.1'], resolve }) })
      const url = world.receiver.url('/hook').replace('127.0.0.1', 'moving.example')
      await world.webhooks.createEndpoint('key_a', endpoint(url))
      await world.tell('job_1')
      await until(() => expect(world.receiver.hits).toHaveLength(1))
      await world.tell('job_2')
      await until(async () => {
        const { lastError } = await world.soleDelivery({ subject: 'job_2' })
        expect(lastError).toBe('The receiver is not on the public internet.')
      })
      expect(world.receiver.hits).toHaveLength(1)
    })

    test('secrets that are none are refused', async () => {
      for (const secret of ['whsec_', 'whsec_c2hvcnQ=', 'x'.repeat(40), `whsec_${'A'.repeat(200)}`]) {
        const target = { url: world.receiver.url('/'), secret }
        await expect(world.webhooks.accept(target)).rejects.toMatchObject({ param: 'webhook.secret' })
      }
    })
  })
})
