import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../../test/database.ts'
import { endpoint, openWebhooks, type Receiver, startReceiver } from './testing/receiver.ts'
import type { Webhooks } from './types.ts'

const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 25_000, interval: 20 })
const moduleAt = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)

/** What every child begins with: the same database, and word of what it has done. */
const CHILD = `
  import { writeSync } from 'node:fs'
  const { openDatabase } = await import(${moduleAt('../../db/database.ts')})
  const { SafeFetcher } = await import(${moduleAt('../../lib/http/safe-fetch.ts')})
  const { createWebhooks } = await import(${moduleAt('./index.ts')})
  const { enqueueEvent } = await import(${moduleAt('./enqueue.ts')})
  const [, dataDir, url] = process.argv
  const database = await openDatabase({ dataDir, url: url || undefined })
  const log = { info() {}, warn() {}, error() {} }
  const deliver = () => createWebhooks({ database, log, fetcher: new SafeFetcher({ allowed: ['127.0.0.1'] }), leaseMs: 1000 })
  const tell = async (subject) => {
    await database.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values({ name: subject, value: '{}' }).execute()
      await enqueueEvent(transaction, { type: 'job.succeeded', subject, keyId: 'key_a', payload: { id: subject } })
    })
    writeSync(1, subject + '\\n')
  }
`

describe.each(KINDS)('kill -9 on the %s database', (kind) => {
  let world: TestDatabase
  let receiver: Receiver
  let webhooks: Webhooks | undefined
  let children: ChildProcess[]

  beforeAll(async () => {
    world = await testDatabase(kind)
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    for (const table of ['webhook_events', 'webhook_endpoints', 'settings'] as const) {
      await world.db.sql.deleteFrom(table).execute()
    }
    receiver = await startReceiver()
    children = []
    const setup = await openWebhooks(world.db)
    await setup.createEndpoint('key_a', endpoint(receiver.url('/hook')))
    await setup.close()
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    await webhooks?.close()
    await receiver.close()
  })

  function run(code: string): ChildProcess {
    const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD + code, world.dataDir, world.url ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }

  /** Kills a child once it has told that many events; their subjects. */
  async function killAfter(child: ChildProcess, count: number): Promise<string[]> {
    let printed = ''
    child.stdout!.setEncoding('utf8').on('data', (data: string) => {
      printed += data
      if (printed.split('\n').length > count) child.kill('SIGKILL')
    })
    await once(child, 'close')
    return printed.slice(0, printed.lastIndexOf('\n')).split('\n')
  }

  const received = () => new Set(receiver.hits.map(({ body }) => JSON.parse(body).data.id as string))

  test('between the change and its delivery loses nothing', async () => {
    const told = await killAfter(run(`for (let i = 0; ; i += 1) await tell('job_' + i)`), 20)
    expect(receiver.hits).toEqual([])
    webhooks = await openWebhooks(world.db)
    await until(() => expect([...received()]).toEqual(expect.arrayContaining(told)))
    // Whatever the child had changed, it had told of: neither is there without the other.
    const changed = await world.db.sql.selectFrom('settings').select('name').where('name', 'like', 'job%').execute()
    await until(() => expect(received()).toEqual(new Set(changed.map(({ name }) => name))))
  })

  test('in the middle of an attempt leaves it to another process, under the same id', async () => {
    receiver.answers['/hook'] = () => {}
    const child = run(`await deliver(); await tell('job_1'); setInterval(() => {}, 1000)`)
    await until(() => expect(receiver.hits).toHaveLength(1))
    webhooks = await openWebhooks(world.db)
    child.kill('SIGKILL')
    delete receiver.answers['/hook']
    await until(() => expect(receiver.hits).toHaveLength(2))
    const [first, second] = receiver.hits
    expect([second!.id, second!.body]).toEqual([first!.id, first!.body])
    const all = { keyId: undefined }
    const [delivery] = (await webhooks.listDeliveries(all, {}, { limit: 10 })).items
    await until(async () => {
      const detail = await webhooks!.readDelivery(all, delivery!.id)
      expect(detail).toMatchObject({ state: 'delivered', attempts: 2 })
      expect(detail.log).toMatchObject([
        { attempt: 1, status: null, error: 'Turnout stopped before the receiver had answered.' },
        { attempt: 2, status: 204, error: null },
      ])
    })
  })

  test('at any moment under load loses nothing', async () => {
    const told: string[] = []
    for (const [round, count] of [10, 80].entries()) {
      const child = run(`
        await deliver()
        for (let i = 0; ; i += 4) await Promise.all([0, 1, 2, 3].map((n) => tell('job_${round}_' + (i + n))))`)
      told.push(...(await killAfter(child, count)))
    }
    expect(told.length).toBeGreaterThanOrEqual(90)
    webhooks = await openWebhooks(world.db)
    await until(() => expect([...received()]).toEqual(expect.arrayContaining(told)))
    await until(async () => {
      const pending = await webhooks!.listDeliveries({ keyId: undefined }, { state: 'pending' }, { limit: 10 })
      expect(pending.items).toEqual([])
    })
  })
})
