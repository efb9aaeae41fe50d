import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { createAuthority } from './authority.ts'
import { serveAuthority } from './cluster.ts'

/** A worker that, told `{take: n}`, makes n requests of one key at once and tells how many were allowed. */
const WORKER = `
  const { remoteAuthority } = await import('${new URL('./cluster.ts', import.meta.url)}')
  const { createLimiter } = await import('${new URL('./limits.ts', import.meta.url)}')
  const limiter = createLimiter({ authority: remoteAuthority(process, 2), now: () => 60_000 })
  const principal = { keyId: 'key_1', limits: { requestsPerMinute: 100 } }
  const allowed = async (count) => {
    const states = await Promise.all(Array.from({ length: count }, () => limiter.take(principal)))
    return states.filter((state) => state.allowed).length
  }
  process.on('message', async (message) => {
    if (message.take !== undefined) process.send({ allowed: await allowed(message.take) })
  })
  process.on('disconnect', async () => {
    console.log(await allowed(200))
    process.exit()
  })
  process.send('ready')
`

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function startWorker(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WORKER], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  children.push(child)
  await once(child, 'message')
  return child
}

function take(child: ChildProcess, count: number): Promise<number> {
  const answer = new Promise<number>((resolve) => {
    child.on('message', (message: { allowed?: number }) => {
      if (message.allowed !== undefined) resolve(message.allowed)
    })
  })
  child.send({ take: count })
  return answer
}

test('two workers share one limit exactly', async () => {
  const authority = createAuthority()
  const workers = await Promise.all([startWorker(), startWorker()])
  for (const worker of workers) serveAuthority(worker, authority)
  const allowed = await Promise.all(workers.map((worker) => take(worker, 80)))
  expect(allowed[0]! + allowed[1]!).toBe(100)
})

test('a worker whose primary is gone allows its share, with what it already had', async () => {
  const worker = await startWorker()
  serveAuthority(worker, createAuthority())
  expect(await take(worker, 30)).toBe(30)
  worker.disconnect()
  const [printed] = await once(worker.stdout!, 'data')
  expect(Number(printed)).toBe(20)
})

test('a worker whose primary does not answer allows its share', async () => {
  const worker = await startWorker()
  expect(await take(worker, 200)).toBe(50)
})
