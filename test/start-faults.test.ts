import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BIN, type Ended, type Running, serve, turnout } from './support/run.ts'
import { makeWorld } from './support/world.ts'

const ADMIN_KEY = 'an-admin-key-for-the-tests'
const ENV = { TURNOUT_ADMIN_KEY: ADMIN_KEY, TURNOUT_EMULATE: 'never' }

let world: ReturnType<typeof makeWorld>
let dataDir: string
const running: Running[] = []

function enter(options?: { database: boolean }): void {
  world = makeWorld(options)
  dataDir = join(world.cwd, '.turnout')
}
beforeEach(() => enter())
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL')
  for (const { pid } of processes()) process.kill(pid, 'SIGKILL')
  world.remove()
})

/** What runs for this world: all of it has the data directory in its command line. */
const processes = () =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(dataDir))
    .map((line) => /^\s*(?<pid>\d+)\s+(?<state>\S)\S*\s+(?<args>.*)/.exec(line)!.groups!)
    .filter(({ state }) => state !== 'Z')
    .map(({ pid, args }) => ({ pid: Number(pid), isDatabase: !args!.includes(BIN) }))

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 50 })
const untilAllEnded = () => waitFor(() => expect(processes()).toEqual([]))

const startArgs = (...args: string[]) => ['start', '--port', '0', '--data-dir', dataDir, ...args]

async function start(...args: string[]): Promise<Running> {
  const server = await serve(process.execPath, [BIN, ...startArgs(...args)], { cwd: world.cwd, env: ENV })
  running.push(server)
  return server
}

/** Begins a start that is not waited for. */
function begin(...args: string[]) {
  const child = spawn(process.execPath, [BIN, ...startArgs(...args)], {
    cwd: world.cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...ENV },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, ended }
}

/** Runs a start that fails. */
const fail = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  turnout(startArgs(...args), { cwd: world.cwd, env: { ...ENV, ...env } })

const databasePid = () => (JSON.parse(readFileSync(join(dataDir, 'db.lock'), 'utf8')) as { pid: number }).pid

describe('a start that fails says why in one line and leaves nothing behind', () => {
  let taken: Server
  let port: string
  beforeEach(async () => {
    taken = createServer()
    await once(taken.listen(0, '127.0.0.1'), 'listening')
    port = String((taken.address() as AddressInfo).port)
  })
  afterEach(() => {
    taken.close()
  })

  it('on a port that is taken, with workers', async () => {
    const ended = await fail(['--workers', '3', '--port', port])
    expect(ended.stderr).toMatch(new RegExp(`^turnout: [^\\n]*${port}[^\\n]*taken[^\\n]*\\n$`))
    expect(ended.code).toBe(1)
    await untilAllEnded()
  })

  it('with a configuration that is wrong, with workers', async () => {
    writeFileSync(join(world.cwd, 'turnout.yaml'), 'models: 7\n')
    const ended = await fail(['--workers', '2'])
    expect(ended.stderr).toBe('turnout: The configuration is not valid:\n  turnout.yaml:1 models: must be a list\n')
    expect(ended.code).toBe(1)
    await untilAllEnded()
  })

  it.each([
    ['file', 'it is not a directory'],
    ['file/below', 'it is not a directory'],
    ...(existsSync('/proc/self') ? [['/proc/turnout', 'it cannot be made there']] : []),
  ])('in the data directory %s', async (path, reason) => {
    writeFileSync(join(world.cwd, 'file'), '')
    const ended = await fail(['--data-dir', path])
    expect(ended.stderr).toBe(`turnout: TURNOUT_DATA_DIR ${resolve(world.cwd, path)}: ${reason}.\n`)
    expect(ended.code).toBe(1)
  })

  it('with a PostgreSQL server that is not there', async () => {
    const ended = await fail([], { DATABASE_URL: 'postgres://me:hush-hush@127.0.0.1:1/turnout' })
    expect(ended.stderr).toBe('turnout: DATABASE_URL: the connection was refused [ECONNREFUSED] (127.0.0.1:1).\n')
    expect(ended.code).toBe(1)
  })
})

describe('the first signal ends a start that is not finished', () => {
  it('while the database is being made', async () => {
    world.remove()
    enter({ database: false })
    const { child, ended } = begin()
    await waitFor(() => expect(readdirSync(dataDir).some((name) => name.startsWith('db-init-'))).toBe(true))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    await untilAllEnded()
  })

  it('while workers are being started', async () => {
    const { child, ended } = begin('--workers', '2')
    await waitFor(() => expect(processes().filter(({ isDatabase }) => !isDatabase).length).toBeGreaterThan(1))
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    await untilAllEnded()
  })
})

describe('a database that hangs', () => {
  it('makes what needs it fail as overloaded, other starts fail, and does not hold up the end', async () => {
    const server = await start('--shutdown-grace', '1')
    process.kill(databasePid(), 'SIGSTOP')
    const other = fail([])
    const waiting = begin()
    const api = async (method: string, path: string, body?: object) => {
      const response = await fetch(server.url + path, {
        method,
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      })
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code]
    }
    const asked = await Promise.all([api('POST', '/api/keys', { name: 'lost' }), api('GET', '/api/usage')])
    expect(asked).toEqual([
      [503, 'overloaded'],
      [503, 'overloaded'],
    ])

    waiting.child.kill('SIGTERM')
    expect(await waiting.ended).toBe(143)
    const { code, stderr } = await other
    expect(stderr).toMatch(/^turnout: The embedded database in [^\n]+ does not answer[^\n]+\n$/)
    expect(code).toBe(1)

    expect((await server.stop()).code).toBe(0)
    await untilAllEnded()
  })
})

it('a worker that hangs does not hold up the end', async () => {
  const server = await start('--shutdown-grace', '0', '--workers', '2')
  const worker = processes().find(({ pid, isDatabase }) => !isDatabase && pid !== server.pid)!
  process.kill(worker.pid, 'SIGSTOP')
  expect((await server.stop()).code).toBe(0)
  await untilAllEnded()
})
