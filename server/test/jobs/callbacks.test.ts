import type { Job } from '@turnout/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from './edge.ts'
import { type JobWorld, jobWorld, waitFor } from './world.ts'

const FAL = { model: 'flux-dev', inputs: { prompt: 'A red door' }, wait: 0 }
const BFL = { model: 'flux-2-pro', inputs: { prompt: 'A red door' }, wait: 0 }

let edge: Edge
let world: JobWorld
beforeAll(async () => {
  edge = await startEdge()
  world = await jobWorld({
    env: { TURNOUT_PUBLIC_URL: edge.url },
    doubles: { pendingPolls: 1_000 },
    configuration:
      'models: [{ id: flux-dev, timeouts: { totalMs: 1000 } }, { id: flux-2-pro, timeouts: { totalMs: 1000 } }]',
  })
  edge.lead(world.gateway.url)
})
afterAll(async () => {
  await world.close()
  await edge.close()
})
afterEach(() => {
  edge.release()
  world.emulator.reset()
  edge.passed.length = 0
  edge.statuses.length = 0
})

const order = async (ask: object): Promise<string> => (await world.order(ask)).body.jobId
const operations = () => world.emulator.requests().map(({ operation }) => operation)
const stateOf = ({ attempts }: Job) => attempts.map(({ state }) => state)

/** A callback as it came, once it has come. */
const came = () => waitFor(() => edge.passed[0] ?? expect.fail('no callback has come'))

/** Sends a callback once more, as somebody has made it. */
async function send({ path, headers, body }: Edge['passed'][number], change: object = {}): Promise<number> {
  const { host: _, connection: _connection, 'content-length': _length, ...kept } = headers
  const init = { method: 'POST', headers: { ...kept, ...change } as Record<string, string>, body: new Uint8Array(body) }
  return (await fetch(world.gateway.url + path, init)).status
}

/** The provider is not to be asked again for an hour. */
const notForAnHour = (provider: string) =>
  world.emulator.faults.add({
    match: { provider, operation: `${provider}.poll` },
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
  })

describe.each([
  ['fal', FAL],
  ['bfl', BFL],
] as const)('%s', (provider, ask) => {
  it('ends a job by its callback that would have been asked for much later', async () => {
    edge.hold()
    notForAnHour(provider)
    const id = await order(ask)
    await world.until(id, ({ waiting }) => waiting?.reason === 'retry')
    await came()
    expect(edge.statuses).toEqual([])
    edge.release()
    expect(await world.over(id)).toMatchObject({ state: 'succeeded', error: null })
    expect(edge.statuses).toEqual([200])
    expect(operations().filter((operation) => operation === `${provider}.submit`)).toHaveLength(1)
  })

  it('brings back what was accepted when its answer was lost, and nothing is made twice', async () => {
    edge.hold()
    world.emulator.faults.add({
      match: { provider, operation: `${provider}.submit` },
      fault: { kind: 'reset', billed: true },
    })
    const id = await order(ask)
    const lost = await world.until(id, ({ state }) => state === 'unknown')
    expect([lost.error?.code, stateOf(lost), lost.cost.settled]).toEqual(['unknown_outcome', ['unknown'], null])
    edge.release()
    const found = await world.until(id, ({ state }) => state === 'succeeded')
    expect(found).toMatchObject({ error: null, outputs: [{ mediaType: 'image/jpeg' }] })
    expect(stateOf(found)).toEqual(['succeeded'])
    expect(found.cost.settled).not.toBeNull()
    expect(world.generations()).toBe(1)
    const usage = await world.gateway.api('GET', '/api/usage?limit=1')
    expect(usage.body.data[0]).toMatchObject({ outcome: 'succeeded', cost: found.cost.settled })
    const { body } = await world.gateway.api('GET', `/api/jobs/${id}`)
    expect(body.data.attempts).toHaveLength(1)
  })

  it('brings it back also when the callback comes before anybody knows that the answer is lost', async () => {
    world.emulator.faults.add({
      match: { provider, operation: `${provider}.submit` },
      fault: { kind: 'reset', billed: true },
    })
    const id = await order(ask)
    expect(await world.until(id, ({ state }) => state === 'succeeded')).toMatchObject({ error: null })
    expect(world.generations()).toBe(1)
  })

  it('brings it back while the answer is still waited for, and that it never comes changes nothing', async () => {
    const silence = {
      match: { provider, operation: `${provider}.submit` },
      fault: { kind: 'silence', billed: true },
    } as const
    world.emulator.faults.add(silence)
    const id = await order(ask)
    const found = await world.until(id, ({ state }) => state === 'succeeded')
    expect([stateOf(found), found.error, world.generations()]).toEqual([['succeeded'], null, 1])
  })

  it('tells of a failure as well, which is asked for like everything else', async () => {
    edge.hold()
    notForAnHour(provider)
    world.emulator.faults.add({ match: { provider }, fault: { kind: 'moderated' } })
    const id = await order(ask)
    await world.until(id, ({ waiting }) => waiting?.reason === 'retry')
    edge.release()
    expect(await world.over(id)).toMatchObject({ state: 'failed', error: { code: 'content_policy' } })
  })

  it('is not believed where the callback is forged, altered, of other work, or for another attempt', async () => {
    edge.hold()
    const first = await order(ask)
    const callback = await came()
    edge.passed.length = 0
    const second = await order(ask)
    const other = await came()
    const altered = { ...callback, body: Buffer.from(callback.body.toString().replace(/OK|Ready/, 'ERROR')) }
    expect(await send(altered)).toBe(403)
    // The provider's own word, signed by it, but sent to the address of another attempt.
    expect(await send({ ...callback, path: other.path })).toBe(403)
    const signature = callback.path.split('/').at(-1)!
    expect(await send({ ...callback, path: other.path.replace(/[^/]+$/, signature) })).toBe(403)
    expect(await send({ ...callback, path: callback.path.replace(/[^/]+$/, 'A'.repeat(43)) })).toBe(403)
    expect(await send({ ...callback, path: callback.path.replace(provider, 'openai') })).toBe(403)
    const unsigned = provider === 'fal' ? { 'x-fal-webhook-signature': '' } : { 'x-bfl-signature': 'sha256=' }
    expect(await send(callback, unsigned)).toBe(403)
    const large = { ...callback, body: Buffer.alloc(1024 * 1024 + 1, 32) }
    expect(await send(large)).toBe(413)
    expect(await send({ ...large, path: callback.path.replace(/[^/]+$/, 'A'.repeat(43)) })).toBe(403)
    edge.release()
    for (const id of [first, second]) expect((await world.over(id)).state).toBe('succeeded')
    // What comes again changes nothing; of a job that is gone nobody knows.
    expect(await send(callback)).toBe(200)
    expect(await world.job(first)).toMatchObject({ state: 'succeeded' })
    await world.gateway.api('DELETE', `/api/jobs/${first}`)
    expect(await send(callback)).toBe(404)
  })
})

it('fal is not believed at another time than its own', async () => {
  edge.hold()
  const id = await order(FAL)
  const callback = await came()
  const then = Number(callback.headers['x-fal-webhook-timestamp'])
  for (const timestamp of [then - 301, then + 302, Number.NaN]) {
    expect(await send(callback, { 'x-fal-webhook-timestamp': String(timestamp) })).toBe(403)
  }
  edge.release()
  await world.over(id)
})

it('nothing is registered where the settings say so', async () => {
  const quiet = await jobWorld({
    env: { TURNOUT_PUBLIC_URL: edge.url },
    doubles: { pendingPolls: 0 },
    configuration: 'models: [{ id: flux-2-pro, settings: { callbacks: false } }]',
  })
  try {
    expect((await quiet.order({ ...BFL, wait: 20 })).status).toBe(200)
    expect(JSON.stringify(quiet.emulator.requests())).not.toContain('/api/callbacks/')
  } finally {
    await quiet.close()
  }
})
