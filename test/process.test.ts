import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BIN, type Running, serve } from './support/run.ts'
import { makeWorld } from './support/world.ts'

const ADMIN_KEY = 'an-admin-key-for-the-tests'
const CHAT = 'gpt-5.4-mini'

let world: ReturnType<typeof makeWorld>
let emulator: Emulator
const running: Running[] = []

beforeEach(async () => {
  world = makeWorld()
  emulator = await startEmulator()
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL')
  await emulator.close()
  world.remove()
})

async function start(args: string[] = []): Promise<Running> {
  const server = await serve(process.execPath, [BIN, 'start', '--port', '0', '--log-level', 'error', ...args], {
    cwd: world.cwd,
    env: { OPENAI_API_KEY: 'right', OPENAI_BASE_URL: emulator.openaiBaseUrl, TURNOUT_ADMIN_KEY: ADMIN_KEY },
  })
  running.push(server)
  return server
}

const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }

const chat = (url: string, body: object = {}, key = ADMIN_KEY, signal?: AbortSignal) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: CHAT, messages: [{ role: 'user', content: 'Hello!' }], ...body }),
    signal,
  })

const api = async (url: string, method: string, path: string, body?: object) => {
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
  return (await response.json()) as { data: never[]; nextCursor: string | null } & { data: { secret: string } }
}

async function recordedRequests(url: string): Promise<Map<string, string>> {
  const outcomes = new Map<string, string>()
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { data: { requestId: string; outcome: string }[]; nextCursor: string | null } = await api(
      url,
      'GET',
      `/api/usage?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    for (const { requestId, outcome } of page.data) outcomes.set(requestId, outcome)
    cursor = page.nextCursor
  }
  return outcomes
}

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 25_000, interval: 50 })

describe('kill -9', () => {
  it('loses no answered request, and shows the ones that were under way', async () => {
    const server = await start()
    const answered: string[] = []
    let going = true
    const client = async () => {
      while (going) {
        const response = await chat(server.url, { stream: answered.length % 2 === 0 }).catch(() => undefined)
        const text = await response?.text().catch(() => undefined)
        if (text !== undefined && response!.status === 200)
          answered.push(response!.headers.get('x-turnout-request-id')!)
      }
    }
    const clients = Array.from({ length: 20 }, client)
    await waitFor(() => expect(answered.length).toBeGreaterThan(300))
    emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'silence' }, times: 5 })
    await waitFor(() => expect(emulator.faults.list()).toEqual([]))
    server.child.kill('SIGKILL')
    going = false
    await Promise.all(clients)

    const next = await start()
    await waitFor(async () => {
      const recorded = await recordedRequests(next.url)
      const lost = answered.filter((id) => recorded.get(id) !== 'succeeded')
      expect(lost).toEqual([])
      const unfinished = [...recorded.values()].filter((outcome) => outcome === 'unknown')
      expect(unfinished.length).toBeGreaterThanOrEqual(5)
      expect([...recorded.values()]).not.toContain('running')
    })
  })

  it('of the embedded database leaves known keys working, and nothing is lost', async () => {
    const server = await start()
    const { data } = await api(server.url, 'POST', '/api/keys', { name: 'app' })
    const { pid } = JSON.parse(readFileSync(join(world.cwd, '.turnout', 'db.lock'), 'utf8')) as { pid: number }
    const ids: (string | null)[] = []
    process.kill(pid, 'SIGKILL')
    for (let i = 0; i < 20; i += 1) {
      const response = await chat(server.url, {}, data.secret)
      expect(response.status).toBe(200)
      ids.push(response.headers.get('x-turnout-request-id'))
    }
    const unknown = await chat(server.url, {}, 'trn_nobody')
    expect([401, 503]).toContain(unknown.status)
    await waitFor(async () => {
      const recorded = await recordedRequests(server.url)
      for (const id of ids) expect(recorded.get(id!)).toBe('succeeded')
    })
  })
})

describe('two workers', () => {
  const workersOf = (pid: number) =>
    execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('start') && !line.includes('wasm'))
      .map((line) => Number(line.trim().split(/\s+/)[0]))

  it('share keys, models and limits, and a dead one is replaced', async () => {
    const server = await start(['--workers', '2'])
    expect(workersOf(server.pid)).toHaveLength(2)
    const { data } = await api(server.url, 'POST', '/api/keys', { name: 'app', limits: { requestsPerMinute: 10 } })
    await api(server.url, 'POST', '/api/models', {
      id: 'writer',
      provider: 'openai',
      upstreamId: CHAT,
      output: ['text'],
    })
    // A new connection each, so that both workers are asked.
    const ask = (model: string) =>
      fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${data.secret}`, connection: 'close' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
      }).then(({ status }) => status)
    await waitFor(async () =>
      expect(new Set(await Promise.all([ask('writer'), ask('writer')]))).toEqual(new Set([200])),
    )
    const statuses = await Promise.all(Array.from({ length: 40 }, () => ask(CHAT)))
    // All of it lies in at most two windows of a minute.
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(20)
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20)

    const [victim] = workersOf(server.pid)
    process.kill(victim!, 'SIGKILL')
    await waitFor(() => {
      const workers = workersOf(server.pid)
      expect(workers).toHaveLength(2)
      expect(workers).not.toContain(victim)
    })
    await waitFor(async () => expect((await chat(server.url)).status).toBe(200))
    expect((await server.stop()).code).toBe(0)
  })
})

describe('stopping', () => {
  it('lets a stream end, and cuts it honestly when it outlasts the grace period', async () => {
    const server = await start(['--shutdown-grace', '1'])
    emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'stall', afterChunks: 3 } })
    const response = await chat(server.url, { stream: true })
    const reader = response.body!.getReader()
    await reader.read()
    const ended = server.stop('SIGTERM')
    let text = ''
    const read = async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read())
        text += Buffer.from(next.value).toString()
    }
    await read().catch(() => {})
    expect(text).not.toContain('[DONE]')
    expect((await ended).code).toBe(0)
    const next = await start()
    await waitFor(async () => {
      const recorded = await recordedRequests(next.url)
      expect(recorded.get(response.headers.get('x-turnout-request-id')!)).toBe('canceled')
    })
  })
})
