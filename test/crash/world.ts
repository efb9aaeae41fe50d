import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt, Job, JobEvent } from '@turnout/contract'
import { type Emulator, type RecordedRequest, startEmulator } from '@turnout/emulator'
import { testDatabase } from '../../server/test/database.ts'
import { BIN, type Running, serve } from '../support/run.ts'
import { makeWorld } from '../support/world.ts'
import type { CrashPlan, CrashReport } from './boundaries.ts'
import { generationOf, type Order } from './orders.ts'
import { type Receiver, SECRET, startReceiver } from './receiver.ts'

export type DatabaseKind = 'pglite' | 'postgres'

const ADMIN_KEY = 'an-admin-key-for-the-tests'
const PRELOAD = new URL('./preload.ts', import.meta.url).href
/** Far beyond what a loaded machine takes: whatever takes longer does not come. */
const LONGEST_MS = 120_000

export const isOver = ({ state }: Pick<Job, 'state'>): boolean => state !== 'queued' && state !== 'running'

/** Looks again and again until there is an answer. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = LONGEST_MS): Promise<T> {
  for (const end = Date.now() + timeoutMs; ; ) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(50)
  }
}

type OwnDatabase = { url: string | undefined; close?(): Promise<void> }

/** Servers that die, what they call, and who hears of it: all that a test of crashes needs. */
export class CrashWorld {
  readonly kind: DatabaseKind
  readonly emulator: Emulator
  readonly receiver: Receiver
  /** How often each generation was paid for. */
  readonly paid = new Map<string, number>()
  readonly #directory: ReturnType<typeof makeWorld>
  readonly #database: OwnDatabase | undefined
  readonly #seen = new WeakSet<RecordedRequest>()
  readonly #running = new Set<Running>()

  /** @param url Of a PostgreSQL that is the world's alone; else it gets a database of its own. */
  static async open(kind: DatabaseKind, url?: string): Promise<CrashWorld> {
    const database = kind === 'pglite' ? undefined : url === undefined ? await testDatabase('postgres') : { url }
    const directory = makeWorld({ database: kind === 'pglite' })
    const [emulator, receiver] = await Promise.all([
      startEmulator({ pendingPolls: 0, imageDelayMs: 50 }),
      startReceiver(),
    ])
    return new CrashWorld(kind, emulator, receiver, directory, database)
  }

  private constructor(
    kind: DatabaseKind,
    emulator: Emulator,
    receiver: Receiver,
    directory: ReturnType<typeof makeWorld>,
    database: OwnDatabase | undefined,
  ) {
    this.kind = kind
    this.emulator = emulator
    this.receiver = receiver
    this.#directory = directory
    this.#database = database
    writeFileSync(
      join(directory.cwd, 'turnout.yaml'),
      `providers:
  bfl: { baseUrl: '${emulator.baseUrl('bfl')}/v1' }
  stability: { baseUrl: '${emulator.baseUrl('stability')}' }
`,
    )
  }

  /** Where jobs tell of their ends. */
  get webhook(): object {
    return { url: this.receiver.url, secret: SECRET }
  }

  /** @param databaseUrl Another way to the same database. */
  async start(
    plan?: Omit<CrashPlan, 'lock' | 'report'> & { database: boolean },
    databaseUrl = this.#database?.url,
  ): Promise<Running> {
    const { database, ...when } = plan ?? {}
    const own: Partial<CrashPlan> = {
      ...when,
      lock: database && this.kind === 'pglite' ? join(this.#directory.cwd, '.turnout', 'db.lock') : undefined,
      report: this.#reportPath,
    }
    const args = [...(plan ? ['--import', PRELOAD] : []), BIN, 'start', '--port', '0', '--log-level', 'error']
    const server = await serve(process.execPath, args, {
      cwd: this.#directory.cwd,
      env: {
        BFL_API_KEY: 'bfl-credential',
        STABILITY_API_KEY: 'sk-stability-credential',
        TURNOUT_ADMIN_KEY: ADMIN_KEY,
        TURNOUT_ALLOW_PRIVATE_URLS: '127.0.0.1',
        ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
        ...(plan && { CRASH_PLAN: JSON.stringify(own) }),
      },
    })
    this.#running.add(server)
    void once(server.child, 'close').then(() => this.#running.delete(server))
    return server
  }

  get #reportPath(): string {
    return join(this.#directory.cwd, 'report.json')
  }

  /** What the server that has killed itself left; undefined where it did not come to that. */
  takeReport(): CrashReport | undefined {
    try {
      const report = JSON.parse(readFileSync(this.#reportPath, 'utf8')) as CrashReport
      rmSync(this.#reportPath)
      return report
    } catch {
      return undefined
    }
  }

  /** @throws where there is no answer, or none that is meant to be */
  async api<T>({ url }: Pick<Running, 'url'>, method: string, path: string, body?: object, headers = {}): Promise<T> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    const { data } = JSON.parse(text) as { data?: T }
    // A job that has ended badly is told with an error status.
    if (data === undefined) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
    return data
  }

  /** Orders what is not ordered yet, as a client does that may have had no answer the first time. */
  async place(server: Running, orders: readonly Order[]): Promise<void> {
    for (const order of orders) {
      if (order.jobId !== undefined) continue
      const key = { 'idempotency-key': order.name }
      const job = await this.api<Job>(server, 'POST', '/api/images/generate', order.body, key)
      order.jobId = job.id
    }
  }

  readonly job = (server: Running, { jobId }: Order): Promise<Job> => this.api<Job>(server, 'GET', `/api/jobs/${jobId}`)

  /** All that is told of a job, until it is over. */
  async events(server: Running, { jobId }: Order): Promise<JobEvent[]> {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    const response = await fetch(`${server.url}/api/jobs/${jobId}/events`, { headers })
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
    return lines.map((line) => JSON.parse(line.slice('data: '.length)) as JobEvent)
  }

  /** All attempts in the ledger. */
  readonly ledger = (server: Running): Promise<Attempt[]> => this.api<Attempt[]>(server, 'GET', '/api/usage?limit=1000')

  /** The jobs, once all are over and every end has been told. */
  untilOver(server: Running, orders: readonly Order[]): Promise<Job[]> {
    return until('all jobs over and told of', async () => {
      const jobs = await Promise.all(orders.map((order) => this.job(server, order)))
      const done = jobs.every((job, at) => isOver(job) && this.isTold(orders[at]!, job))
      return done ? jobs : undefined
    })
  }

  /** Whether everybody knows of its end who is to hear of it. */
  isTold({ told }: Order, { id, state }: Job): boolean {
    return !told || this.receiver.told.get(id)?.some((message) => message.state === state) === true
  }

  /** Counts what the emulator has charged since the last time; it remembers a thousand requests. */
  count(): void {
    for (const request of this.emulator.requests()) {
      const generation = generationOf(request)
      if (generation === undefined || this.#seen.has(request)) continue
      this.#seen.add(request)
      this.paid.set(generation, (this.paid.get(generation) ?? 0) + 1)
    }
  }

  async close(): Promise<void> {
    for (const server of this.#running) await server.stop('SIGKILL')
    await this.emulator.close()
    this.receiver.close()
    await this.#database?.close?.()
    this.#directory.remove()
  }
}
