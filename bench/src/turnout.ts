import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { neverOutlive, stop } from './child.ts'
import { commandLine, processTree } from './measure.ts'

const PROGRAM = fileURLToPath(new URL('../../server/bin/turnout.js', import.meta.url))
const ADMIN_KEY = 'bench-admin-key-of-24-characters-or-more'
const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 15_000
/** Taken when the catalog has it: what people really ask for. */
const FAVOURITE = 'gpt-5.4-mini'
/** So high that nothing is refused, and yet every request is counted. */
const REQUESTS_PER_MINUTE = 100_000_000

const homes = new Set<Home>()
process.on('exit', () => {
  for (const home of homes) home.remove()
})

/** A directory for one Turnout: its data and its log. Removed at the latest when this process ends. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'turnout-bench-'))
  readonly log = join(this.path, 'log')

  constructor() {
    homes.add(this)
  }

  remove(): void {
    homes.delete(this)
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface TurnoutOptions {
  home: Home
  upstreamPort: number
  workers?: number
  /** Further variables. */
  env?: Readonly<Record<string, string>>
}

/** A Turnout in processes of its own, started as a user starts it. */
export class Turnout {
  readonly port: number
  /** Milliseconds from the start of the process to the first 200 of /readyz. */
  readonly readyMs: number
  readonly #child: ChildProcess

  private constructor(port: number, readyMs: number, child: ChildProcess) {
    this.port = port
    this.readyMs = readyMs
    this.#child = child
  }

  /** @throws Error with the log when it does not get ready */
  static async start({ home, upstreamPort, workers = 1, env = {} }: TurnoutOptions): Promise<Turnout> {
    const port = await freePort()
    const log = openSync(home.log, 'w')
    const startedAt = performance.now()
    const child = spawn(process.execPath, [...profiling(), PROGRAM, 'start', '--workers', String(workers)], {
      cwd: home.path,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        HOME: home.path,
        PORT: String(port),
        TURNOUT_DATA_DIR: join(home.path, 'data'),
        TURNOUT_ADMIN_KEY: ADMIN_KEY,
        OPENAI_API_KEY: 'x',
        OPENAI_BASE_URL: `http://127.0.0.1:${upstreamPort}/v1`,
        LOG_LEVEL: 'info',
        ...env,
      },
    })
    closeSync(log)
    neverOutlive(child)
    while (performance.now() - startedAt < READY_WITHIN_MS && child.exitCode === null) {
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (response) => response.ok,
        () => false,
      )
      if (ready) return new Turnout(port, performance.now() - startedAt, child)
      await sleep(10)
    }
    await stop(child, 0)
    throw new Error(`Turnout did not get ready:\n${readFileSync(home.log, 'utf8').slice(-2_000)}`)
  }

  /** The processes that serve: one, or with workers a primary and the workers. */
  servers(): number[] {
    return processTree(this.#child.pid!).filter((pid) => !isDatabase(pid))
  }

  /** The process of the embedded database. */
  database(): number | undefined {
    return processTree(this.#child.pid!).find(isDatabase)
  }

  /** A virtual key with a limit, for the load. */
  async issueKey(): Promise<string> {
    const { data } = await this.#json<{ data: { secret: string } }>('/api/keys', {
      name: 'bench',
      role: 'user',
      limits: { requestsPerMinute: REQUESTS_PER_MINUTE },
    })
    return data.secret
  }

  /** A chat model that OpenAI serves. */
  async chatModel(): Promise<string> {
    const { data } = await this.#json<{ data: { id: string; owned_by: string }[] }>('/v1/models')
    const ids = data.filter(({ owned_by, id }) => owned_by === 'openai' && id.startsWith('gpt-')).map(({ id }) => id)
    const model = ids.includes(FAVOURITE) ? FAVOURITE : ids[0]
    if (model === undefined) throw new Error('Turnout lists no chat model of OpenAI')
    return model
  }

  /** Ends it. The database outlives its owner for a moment, and a start that finds it is no fair start. */
  async close(): Promise<void> {
    const database = this.database()
    await stop(this.#child, STOP_WITHIN_MS)
    if (database === undefined) return
    const deadline = performance.now() + STOP_WITHIN_MS
    while (isDatabase(database) && performance.now() < deadline) await sleep(20)
  }

  async #json<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
}

/** The database is told from a worker by the flag that keeps it small. */
function isDatabase(pid: number): boolean {
  try {
    return commandLine(pid).includes('--wasm-tiering-budget')
  } catch {
    return false
  }
}

/** `TURNOUT_BENCH_PROFILE=<directory>` has V8 write a CPU profile of the server there when it stops. */
function profiling(): string[] {
  const directory = process.env.TURNOUT_BENCH_PROFILE
  return directory ? ['--cpu-prof', `--cpu-prof-dir=${directory}`] : []
}
