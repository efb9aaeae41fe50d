import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readMetrics } from '../server/test/metrics-page.ts'
import { BIN, type Running, serve } from './support/run.ts'
import { makeWorld } from './support/world.ts'

const ADMIN_KEY = 'an-admin-key-for-the-tests'

let world: ReturnType<typeof makeWorld>
let emulator: Emulator
let server: Running
beforeAll(async () => {
  world = makeWorld()
  emulator = await startEmulator()
  server = await serve(process.execPath, [BIN, 'start', '--port', '0', '--log-level', 'error', '--workers', '2'], {
    cwd: world.cwd,
    env: { OPENAI_API_KEY: 'right', OPENAI_BASE_URL: emulator.openaiBaseUrl, TURNOUT_ADMIN_KEY: ADMIN_KEY },
  })
})
afterAll(async () => {
  await server.stop('SIGKILL')
  await emulator.close()
  world.remove()
})

/** A new connection each, so that both workers are asked. */
const chat = () =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ model: 'gpt-5.4-mini', messages: [{ role: 'user', content: 'Hello!' }] }),
  }).then(({ status }) => status)

/** The requests that each worker has answered. */
const answered = async () => {
  const { lines } = await readMetrics(server.url, ADMIN_KEY)
  const found = [...lines].flatMap(([line, value]) => {
    const [, worker] =
      /^turnout_requests_total\{.*route="\/v1\/chat\/completions",status="200",worker="(\d+)"\}$/.exec(line) ?? []
    return worker === undefined ? [] : [[worker, value] as const]
  })
  return new Map(found)
}

it('one page tells what all workers have counted, whichever is asked', async () => {
  const COUNT = 24
  expect(new Set(await Promise.all(Array.from({ length: COUNT }, chat)))).toEqual(new Set([200]))
  // A request is counted when its connection has let go of it.
  await vi.waitFor(async () => {
    const counts = await answered()
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect(counts.size).toBe(2)
  }, 10_000)
  for (let i = 0; i < 4; i += 1) {
    const page = await readMetrics(server.url, ADMIN_KEY)
    expect(page.at('turnout_workers')).toBe(2)
    // What is the same for all of them is told once.
    expect(page.at('turnout_database_up')).toBe(1)
    const memory = [...page.lines.keys()].filter((line) => line.startsWith('process_resident_memory_bytes'))
    expect(memory).toHaveLength(2)
  }
})
