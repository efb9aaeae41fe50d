import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const PAGE = new URL('../../docs/guide/webhooks.md', import.meta.url)

let gateway: TestGateway
let alice: string
let bob: string
let aliceId: string
beforeAll(async () => {
  gateway = await startGateway({ args: ['--allow-private-urls', '127.0.0.1'] })
  const issue = async (name: string) => (await gateway.api('POST', '/api/keys', { name })).body.data
  const first = await issue('alice')
  alice = first.secret
  aliceId = first.id
  bob = (await issue('bob')).secret
})
afterAll(() => gateway.close())

const ENDPOINTS = '/api/webhooks/endpoints'
const DELIVERIES = '/api/webhooks/deliveries'

/** The receiver of the guide, as a process of its own, on a free port. */
async function startReceiver(secret: string): Promise<{ url: string; lines: string[]; stop(): Promise<void> }> {
  const [, code] = /```js\n([\s\S]*?)```/.exec(await readFile(PAGE, 'utf8'))!
  const onFreePort = code!.replace(
    'listen(3000)',
    `listen(0, '127.0.0.1', function () { console.log(this.address().port) })`,
  )
  expect(onFreePort).not.toBe(code)
  // Within the workspace, so that it finds the package by its name.
  const folder = await mkdtemp(join(dirname(fileURLToPath(import.meta.url)), '.guide-'))
  await writeFile(join(folder, 'receiver.mjs'), onFreePort)
  const child: ChildProcess = spawn(process.execPath, [join(folder, 'receiver.mjs')], {
    env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  child.stdout!.setEncoding('utf8').on('data', (data: string) => lines.push(...data.trim().split('\n')))
  await once(child.stdout!, 'data')
  return {
    url: `http://127.0.0.1:${lines.shift()}/`,
    lines,
    async stop() {
      const closed = once(child, 'close')
      child.kill()
      await closed
      await rm(folder, { recursive: true })
    },
  }
}

test('the receiver of the guide takes what is signed with its secret, and nothing else', async () => {
  const { data } = (await gateway.api('POST', ENDPOINTS, { url: 'http://127.0.0.1:9/' }, alice)).body
  expect(data).toMatchObject({ keyId: aliceId, enabled: true, secret: expect.stringMatching(/^whsec_/) })
  const receiver = await startReceiver(data.secret)
  const path = `${ENDPOINTS}/${data.id}`
  try {
    expect((await gateway.api('PATCH', path, { url: receiver.url }, alice)).body.data).toMatchObject({
      url: receiver.url,
    })
    const good = (await gateway.api('POST', `${path}/test`, undefined, alice)).body.data
    expect(good).toMatchObject({ state: 'delivered', lastStatus: 204, log: [{ attempt: 1, status: 204 }] })
    await expect.poll(() => receiver.lines.join()).toMatch(/^webhook\.test /)
    // The secret before is still good, so the receiver need not change at once.
    const rotated = (await gateway.api('POST', `${path}/rotate`, undefined, alice)).body.data
    expect(rotated.secret).not.toBe(data.secret)
    expect((await gateway.api('POST', `${path}/test`, undefined, alice)).body.data.state).toBe('delivered')
    await gateway.api('POST', `${path}/rotate`, undefined, alice)
    const bad = (await gateway.api('POST', `${path}/test`, undefined, alice)).body.data
    expect(bad).toMatchObject({ state: 'failed', lastStatus: 401 })
  } finally {
    await receiver.stop()
  }
  const listed = (await gateway.api('GET', `${DELIVERIES}?endpointId=${data.id}`, undefined, alice)).body
  expect(listed.data.map(({ state }: { state: string }) => state)).toEqual(['failed', 'delivered', 'delivered'])
  const replayed = await gateway.api('POST', `${DELIVERIES}/${listed.data[0].id}/replay`, undefined, alice)
  expect([replayed.status, replayed.body.data.state]).toEqual([202, 'pending'])
  expect((await gateway.api('DELETE', path, undefined, alice)).body.data).toEqual({ deleted: true })
  expect((await gateway.api('GET', path, undefined, alice)).status).toBe(404)
})

test('a key has its own endpoints, and an admin has all', async () => {
  const make = (body: object, key?: string) =>
    gateway.api('POST', ENDPOINTS, { url: 'http://127.0.0.1:9/', ...body }, key)
  const own = (await make({}, alice)).body.data
  const all = (await make({})).body.data
  const hers = (await make({ keyId: aliceId })).body.data
  expect([own.keyId, all.keyId, hers.keyId]).toEqual([aliceId, null, aliceId])
  expect((await make({ keyId: aliceId }, bob)).body.error).toMatchObject({ code: 'permission' })
  const idsOf = async (key?: string) =>
    (await gateway.api('GET', ENDPOINTS, undefined, key)).body.data.map(({ id }: { id: string }) => id)
  expect(await idsOf()).toEqual(expect.arrayContaining([own.id, all.id, hers.id]))
  expect(await idsOf(alice)).toEqual([hers.id, own.id])
  expect(await idsOf(bob)).toEqual([])
  expect((await gateway.api('GET', `${ENDPOINTS}/${own.id}`, undefined, bob)).status).toBe(404)
  expect(JSON.stringify((await gateway.api('GET', ENDPOINTS)).body)).not.toContain('whsec_')
})

test('what cannot be is refused by its field', async () => {
  const problem = async (body: object) => (await gateway.api('POST', ENDPOINTS, body, alice)).body.error
  const problems = await Promise.all([
    problem({ url: 'ftp://app.example/' }),
    problem({ url: 'http://10.0.0.1/' }),
    problem({ url: 'https://app.example/\0' }),
    problem({ url: 'https://app.example/', description: 'a\0b' }),
    problem({ url: 'https://app.example/', events: [] }),
    problem({ url: 'https://app.example/', events: ['job.imagined'] }),
    problem({ url: 'https://app.example/', secret: 'mine' }),
  ])
  expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'invalid_input: url must be an http or https URL.',
    'invalid_input: url is not on the public internet.',
    'invalid_input: url must have no control characters.',
    'invalid_input: description must not have the character U+0000.',
    'invalid_input: events must have at least 1 entry.',
    expect.stringMatching(/^invalid_input: events\[0\] must be one of "job\.succeeded"/),
    expect.stringMatching(/^invalid_input: secret is not known; allowed: url/),
  ])
})

test('the secret of a key is its own, and stays', async () => {
  const secret = async (key: string) =>
    (await gateway.api('GET', '/api/webhooks/secret', undefined, key)).body.data.secret
  expect(await secret(alice)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(await secret(alice)).toBe(await secret(alice))
  expect(await secret(bob)).not.toBe(await secret(alice))
})
