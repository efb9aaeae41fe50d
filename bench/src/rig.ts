import { Helper } from './child.ts'
import { canPin, cpuMicros, pin, quiet } from './measure.ts'
import type { Behaviour, Listening, LoadCommand, LoadResult, Target } from './messages.ts'
import { chatBody } from './payload.ts'
import { Home, Turnout } from './turnout.ts'

/** How thorough the bench is, and against what. */
export interface Settings {
  /** A short run that shows whether everything works; its figures mean little. */
  quick: boolean
  /** A second bare proxy stands in for Turnout: every ratio ought to be 1. */
  calibrate: boolean
}

/** A proxy under test. */
export interface Contender {
  target: Target
  /** The processes whose cost is the cost of the proxy. */
  servers: number[]
  database: number | undefined
}

export interface RigOptions extends Settings {
  /** Gives the proxies one processor, and the load generator and the upstream another. */
  pinned: boolean
}

/** Turnout writes its usage once a second; its cost belongs to the run. */
const WRITES_AFTER_MS = 1_300

/** Everything that a comparison needs, in processes of their own. */
export class Rig {
  readonly model: string
  readonly upstreamPort: number
  readonly bare: Contender
  readonly turnout: Contender
  readonly load: Helper<LoadCommand>
  readonly upstream: Helper<Behaviour>

  constructor(parts: Pick<Rig, 'model' | 'upstreamPort' | 'bare' | 'turnout' | 'load' | 'upstream'>) {
    this.model = parts.model
    this.upstreamPort = parts.upstreamPort
    this.bare = parts.bare
    this.turnout = parts.turnout
    this.load = parts.load
    this.upstream = parts.upstream
  }

  run(target: Target, options: { stream?: boolean; connections: number; requests: number }): Promise<LoadResult> {
    const { stream = false, connections, requests } = options
    const body = chatBody(this.model, stream)
    return this.load.ask({ do: 'run', target, body, connections, requests, timeoutMs: 120_000 })
  }

  /** A run, and what it cost the proxy until everything that belongs to it was done. */
  async weigh(contender: Contender, options: { stream?: boolean; connections: number; requests: number }) {
    const { servers, database } = contender
    const all = database === undefined ? servers : [...servers, database]
    await quiet(all, 0)
    const before = new Map(all.map((pid) => [pid, cpuMicros(pid)]))
    const result = await this.run(contender.target, options)
    await quiet(all, WRITES_AFTER_MS)
    const spent = (pid: number) => cpuMicros(pid) - before.get(pid)!
    return {
      ...result,
      serverMicros: servers.map(spent),
      databaseMicros: database === undefined ? 0 : spent(database),
    }
  }

  openStreams(target: Target, streams: number): Promise<void> {
    const body = chatBody(this.model, true)
    return this.load.ask({ do: 'open', target, body, streams, timeoutMs: 120_000 })
  }
}

export type Weight = Awaited<ReturnType<Rig['weigh']>>

async function startBare(upstreamPort: number): Promise<{ contender: Contender; close(): Promise<void> }> {
  const helper = new Helper<object>('bare', [String(upstreamPort)])
  const { port } = await helper.ask<Listening>({})
  // As long as a virtual key, so that both proxies read the same headers.
  const headers = { authorization: `Bearer ${'x'.repeat(40)}` }
  return {
    contender: { target: { port, headers }, servers: [helper.pid], database: undefined },
    close: () => helper.close(),
  }
}

/** A Turnout with a fresh directory and a virtual key. */
export async function startTurnout(upstreamPort: number, workers = 1) {
  const home = new Home()
  try {
    const turnout = await Turnout.start({ home, upstreamPort, workers })
    const contender: Contender = {
      target: { port: turnout.port, headers: { authorization: `Bearer ${await turnout.issueKey()}` } },
      servers: turnout.servers(),
      database: turnout.database(),
    }
    const close = async () => {
      await turnout.close()
      home.remove()
    }
    return { contender, model: await turnout.chatModel(), close }
  } catch (error) {
    home.remove()
    throw error
  }
}

/** Starts everything, hands it to `work`, and stops everything whatever happens. */
export async function withRig<T>(options: RigOptions, work: (rig: Rig) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = new Helper<Behaviour>('upstream')
    closers.push(() => upstream.close())
    const { port } = await upstream.ask<Listening>({ kind: 'json' })
    const load = new Helper<LoadCommand>('load')
    closers.push(() => load.close())
    const bare = await startBare(port)
    closers.push(bare.close)
    const other = options.calibrate
      ? { ...(await startBare(port)), model: 'gpt-calibration' }
      : await startTurnout(port)
    closers.push(other.close)
    if (options.pinned) arrange([upstream.pid, load.pid], [bare.contender, other.contender])
    return await work(
      new Rig({
        model: other.model,
        upstreamPort: port,
        bare: bare.contender,
        turnout: other.contender,
        load,
        upstream,
      }),
    )
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** The proxies take turns on one processor; everything else stays away from it. */
function arrange(others: readonly number[], contenders: readonly Contender[]): void {
  for (const pid of others) pin(pid, 1)
  for (const { servers, database } of contenders) {
    for (const pid of servers) pin(pid, 0)
    if (database !== undefined) pin(database, 1)
  }
}

export const PINNING_NOTE = canPin
  ? 'The proxies are kept to one processor, load generator, upstream and database to another: requests/s is what one processor carries.'
  : 'Nothing is kept to a processor here: requests/s depends on what else runs.'

/** Runs both by turns, `rounds` times after one that warms up, so that a slow minute of the machine hits both. */
export async function alternate(
  rounds: number,
  bare: () => Promise<Weight>,
  turnout: () => Promise<Weight>,
): Promise<{ bare: Weight[]; turnout: Weight[] }> {
  const results = { bare: [] as Weight[], turnout: [] as Weight[] }
  for (let round = 0; round <= rounds; round += 1) {
    const [a, b] = [await bare(), await turnout()]
    if (round === 0) continue
    results.bare.push(a)
    results.turnout.push(b)
  }
  return results
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
