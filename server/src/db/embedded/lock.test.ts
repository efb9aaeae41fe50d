import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processStart } from '../../lib/process.ts'
import { isLocked, takeLock } from './lock.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'turnout-lock-'))
  path = join(directory, 'db.lock')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** No process has this number: it is the largest that Linux can give, and one more than it does. */
const NO_PID = 2 ** 22
const write = (pid: number, start: string | undefined) => writeFileSync(path, JSON.stringify({ pid, start }))

test('one holds it, until it is given back', () => {
  const release = takeLock(path)
  expect(isLocked(path)).toBe(true)
  expect(takeLock(path)).toBeUndefined()
  release?.()
  expect(isLocked(path)).toBe(false)
  expect(takeLock(path)).toBeDefined()
})

test('it is taken over from a process that is gone', () => {
  write(NO_PID, '1')
  expect(isLocked(path)).toBe(false)
  expect(takeLock(path)).toBeDefined()
  expect(existsSync(`${path}.takeover`)).toBe(false)
})

test.skipIf(processStart(process.pid) === undefined)('a later process with the same number does not hold it', () => {
  write(process.pid, processStart(process.pid) ?? undefined)
  expect(takeLock(path)).toBeUndefined()
  write(process.pid, '1')
  expect(takeLock(path)).toBeDefined()
})

test('one that is being written is held, unless that was given up', () => {
  writeFileSync(path, '')
  expect(takeLock(path)).toBeUndefined()
  utimesSync(path, 0, 0)
  expect(takeLock(path)).toBeDefined()
})

test('it is taken over although somebody died in doing so', () => {
  write(NO_PID, '1')
  writeFileSync(`${path}.takeover`, JSON.stringify({ pid: NO_PID, start: '1' }))
  expect(takeLock(path)).toBeDefined()
})

/** Each is another chance for them to get in each other's way. */
const ROUNDS = 20

/** Processes that try to take the lock `<path><round>` when they are told the round. */
const contend = (): ChildProcessWithoutNullStreams[] => {
  const program = `
    import { takeLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
    process.stdout.write('ready')
    process.stdin.on('data', (round) => process.stdout.write(takeLock(process.argv[1] + round) ? 'held' : 'refused'))
    process.stdin.once('end', () => process.exit())`
  return Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', program, path]))
}

test.each([
  ['find no lock', () => {}],
  [
    'find the lock of a dead process',
    (path: string) => writeFileSync(path, JSON.stringify({ pid: NO_PID, start: '1' })),
  ],
])('of many that %s, one takes it', async (_, prepare) => {
  const contenders = contend()
  const hear = () =>
    Promise.all(
      contenders.map(({ stdout }) => new Promise<string>((resolve) => stdout.once('data', (b) => resolve(`${b}`)))),
    )
  await hear()
  for (let round = 0; round < ROUNDS; round += 1) {
    prepare(`${path}${round}`)
    const answers = hear()
    for (const { stdin } of contenders) stdin.write(String(round))
    expect((await answers).filter((answer) => answer === 'held')).toHaveLength(1)
  }
  for (const { stdin } of contenders) stdin.end()
})
