import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BIN, type Running, serve, turnout } from './support/run.ts'
import { makeWorld, startUpstream, type Upstream } from './support/world.ts'

const ADMIN_KEY = 'an-admin-key-for-the-tests'

let world: ReturnType<typeof makeWorld>
let upstream: Upstream
const running: Running[] = []

beforeEach(async () => {
  world = makeWorld()
  upstream = await startUpstream()
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL')
  upstream.close()
  world.remove()
})

async function start(args: string[] = [], env: Record<string, string> = {}): Promise<Running> {
  const server = await serve(process.execPath, [BIN, 'start', '--port', '0', ...args], {
    cwd: world.cwd,
    env: { OPENAI_API_KEY: 'right', OPENAI_BASE_URL: upstream.url, TURNOUT_ADMIN_KEY: ADMIN_KEY, ...env },
  })
  running.push(server)
  return server
}

const models = (url: string, key: string) =>
  fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status)

const chat = (url: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5.4-mini', messages: [{ role: 'user', content: 'Hello!' }] }),
  })

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5.4-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/** Resolves when nobody listens there any more. */
async function untilRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.once('connect', () => resolve(socket.destroy() !== undefined))
      socket.once('error', () => resolve(false))
    })
  while (await answers()) await wait(20)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(50)
}

describe('turnout start', () => {
  it('prints where it is, and no key when one is configured', async () => {
    const server = await start()
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    expect(await models(server.url, ADMIN_KEY)).toBe(200)
    expect(server.output.stdout).not.toContain('trn_')
    expect(server.output.stdout).not.toContain('EMULATED')
    const ended = await server.stop()
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain(ADMIN_KEY)
  })

  it('gives V8 less room for young garbage, unless somebody has said how much', async () => {
    const flagsOf = async ({ pid }: Running) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
      return commandLine.split('\0').filter((word) => word.includes('semi-space'))
    }
    expect(await flagsOf(await start())).toEqual(['--max-semi-space-size=8'])
    expect(await flagsOf(await start([], { NODE_OPTIONS: '--max-semi-space-size=16' }))).toEqual([])
  })

  it('shares its database with the commands', async () => {
    const server = await start()
    const created = await turnout(['keys', 'create', '--name', 'other', '--json'], { cwd: world.cwd })
    const { id, secret } = JSON.parse(created.stdout)
    expect(await models(server.url, secret)).toBe(200)
    await turnout(['keys', 'revoke', id], { cwd: world.cwd })
    await until(async () => (await models(server.url, secret)) === 401)
    const doctor = await turnout(['doctor', '--port', new URL(server.url).port], { cwd: world.cwd })
    expect(doctor.stdout).toMatch(/^✓ Turnout runs on 127\.0\.0\.1:\d+/m)
  })

  it('says in one line that the port is taken', async () => {
    const server = await start()
    const { port } = new URL(server.url)
    const second = await turnout(['start', '--port', port], { cwd: world.cwd, env: { OPENAI_API_KEY: 'right' } })
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(new RegExp(`^turnout: [^\\n]*${port}[^\\n]*taken[^\\n]*\\n$`))
    // Nor has it made an admin key, which nobody would have seen.
    expect((await turnout(['keys', 'list', '--json'], { cwd: world.cwd })).stdout).toBe('[]\n')
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  it.each([[[]], [['--workers', '2']]])('finishes what is running at the first signal, with %j', async (args) => {
    const server = await start(args)
    const arrived = upstream.next()
    const answer = chat(server.url)
    const response = await arrived
    const ended = server.stop('SIGTERM')
    await untilRefused(server.url)
    response.writeHead(200, { 'content-type': 'application/json' }).end(COMPLETION)
    expect((await answer).status).toBe(200)
    expect((await ended).code).toBe(0)
  })

  it('ends at once at the second signal', async () => {
    const server = await start(['--shutdown-grace', '3600'])
    const arrived = upstream.next()
    const answer = chat(server.url).catch((error: unknown) => error)
    await arrived
    const ended = server.stop('SIGINT')
    await untilRefused(server.url)
    server.child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(await answer).toBeInstanceOf(Error)
  })
})

it('turnout emulate serves the emulator alone, until it is told to stop', async () => {
  const emulator = await serve(process.execPath, [BIN, 'emulate', '--port', '0'], { cwd: world.cwd })
  running.push(emulator)
  expect((await fetch(`${emulator.url}/models`, { headers: { authorization: 'Bearer any' } })).status).toBe(200)
  expect((await emulator.stop()).code).toBe(0)
})
