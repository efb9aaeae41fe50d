import { describe, expect, test } from 'vitest'
import { KINDS } from '../../../test/database.ts'
import { endpoint, status, verified } from './testing/receiver.ts'
import { ALL, KEY_A, until, WebhookWorld } from './testing/world.ts'

describe.each(KINDS)('endpoints of webhooks on the %s database', (kind) => {
  const world = new WebhookWorld(kind)

  describe('an endpoint', () => {
    test('has its secret sealed, and signs with both while a new one comes into use', async () => {
      const { id, secret } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/hook')))
      const rotated = await world.webhooks.rotateSecret(KEY_A, id)
      expect(rotated.secret).not.toBe(secret)
      expect(Date.parse(rotated.previousSecretUntil!) - Date.now()).toBeGreaterThan(23.9 * 3_600_000)
      await world.tell('job_1')
      await until(() => expect(world.receiver.hits).toHaveLength(1))
      for (const each of [secret, rotated.secret]) expect(verified(each, world.receiver.hits[0]!)).toBeTruthy()
      const stored = await world.sql.selectFrom('webhook_endpoints').selectAll().execute()
      for (const each of [secret, rotated.secret]) expect(JSON.stringify(stored)).not.toContain(each.slice(6))

      await world.sql.updateTable('webhook_endpoints').set({ previous_until: new Date() }).execute()
      await world.tell('job_2')
      await until(() => expect(world.receiver.hits).toHaveLength(2))
      expect(verified(rotated.secret, world.receiver.hits[1]!)).toBeTruthy()
      expect(() => verified(secret, world.receiver.hits[1]!)).toThrow('No matching signature')
      expect(await world.webhooks.readEndpoint(ALL, id)).toMatchObject({ previousSecretUntil: null })
    })

    test('is told to whom it belongs, and to admins', async () => {
      const { id } = await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/a')))
      const { id: admins } = await world.webhooks.createEndpoint(null, endpoint(world.receiver.url('/all')))
      await world.tell('job_1')
      await until(() => expect(world.receiver.hits).toHaveLength(2))
      const KEY_B = { keyId: 'key_b' }
      const page = { limit: 10 }
      expect((await world.webhooks.listEndpoints(ALL, page)).items.map((one) => one.id)).toEqual([admins, id])
      expect((await world.webhooks.listEndpoints(KEY_A, page)).items.map((one) => one.id)).toEqual([id])
      expect((await world.webhooks.listEndpoints(KEY_B, page)).items).toEqual([])
      expect((await world.webhooks.listDeliveries(ALL, {}, page)).items).toHaveLength(2)
      const [mine, ...others] = (await world.webhooks.listDeliveries(KEY_A, {}, page)).items
      expect([mine!.endpointId, others]).toEqual([id, []])
      const notFound = { code: 'not_found' }
      for (const [scope, endpointId] of [
        [KEY_A, admins],
        [KEY_B, id],
        [ALL, 'whe_none'],
      ] as const) {
        await expect(world.webhooks.readEndpoint(scope, endpointId)).rejects.toMatchObject(notFound)
        await expect(world.webhooks.updateEndpoint(scope, endpointId, { enabled: false })).rejects.toMatchObject(
          notFound,
        )
        await expect(world.webhooks.deleteEndpoint(scope, endpointId)).rejects.toMatchObject(notFound)
        await expect(world.webhooks.rotateSecret(scope, endpointId)).rejects.toMatchObject(notFound)
        await expect(world.webhooks.testEndpoint(scope, endpointId)).rejects.toMatchObject(notFound)
      }
      await expect(world.webhooks.readDelivery(KEY_B, mine!.id)).rejects.toMatchObject(notFound)
      await expect(world.webhooks.replayDelivery(KEY_B, mine!.id)).rejects.toMatchObject(notFound)
      await world.webhooks.deleteEndpoint(KEY_A, id)
      await expect(world.webhooks.replayDelivery(KEY_A, mine!.id)).rejects.toMatchObject({ status: 409 })
    })

    test('is tested at once, and a failure is an answer', async () => {
      const { id, secret } = await world.webhooks.createEndpoint('key_a', {
        ...endpoint(world.receiver.url('/t')),
        enabled: false,
      })
      const good = await world.webhooks.testEndpoint(KEY_A, id)
      expect(good).toMatchObject({ type: 'webhook.test', state: 'delivered', attempts: 1, subject: id })
      expect(verified(secret, world.receiver.hits[0]!)).toMatchObject({
        type: 'webhook.test',
        data: { endpointId: id },
      })
      world.receiver.answers['/t'] = status(500)
      const bad = await world.webhooks.testEndpoint(KEY_A, id)
      expect(bad).toMatchObject({ state: 'failed', attempts: 1, lastStatus: 500, sequence: 2 })
    })

    test('of which a key has too many is refused', async () => {
      for (let i = 0; i < 50; i += 1)
        await world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url(`/${i}`)))
      await expect(world.webhooks.createEndpoint('key_a', endpoint(world.receiver.url('/')))).rejects.toMatchObject({
        code: 'invalid_input',
      })
      await world.webhooks.createEndpoint('key_b', endpoint(world.receiver.url('/')))
    })
  })
})
