import type { BoardEntry, CooldownNews, DeploymentBoard, RecoveryNews } from '../../core/routing/board.ts'
import { type DeploymentState, SAME_COOLDOWN_MS } from '../../core/routing/cooldown.ts'
import type { DeploymentHealth } from './health.ts'

/** Changes within this time are told together. */
const TOGETHER_MS = 200
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
/** The version of what has not been heard of. */
const NEVER = '0'

interface Log {
  warn(details: object, message: string): void
}

/**
 * Tells other processes which deployments are set aside and which are well
 * again, and hears the same of them. What is told are changes of state,
 * several at a time; requests never wait for it.
 */
export class HealthSharing {
  readonly #health: DeploymentHealth
  readonly #board: DeploymentBoard
  readonly #log: Log
  /** What has been heard, by deployment. */
  #known: ReadonlyMap<string, BoardEntry> = new Map()
  /** Deployments of which others have not been told all. */
  readonly #changed = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #telling: Promise<void> | undefined
  #retryMs = 0
  #closed = false

  constructor(health: DeploymentHealth, board: DeploymentBoard, log: Log) {
    this.#health = health
    this.#board = board
    this.#log = log
  }

  /** Hears what others know already, and follows them from now on. */
  async start(): Promise<void> {
    await this.#board.refresh()
    this.#hear()
    this.#board.follow(() => this.#hear())
    this.#health.onChange(({ id }) => this.#onChange(id))
  }

  /** No pool of any process chooses it, until it is reset. @throws TurnoutError overloaded */
  async drain(id: string, author: string): Promise<void> {
    await this.#board.drain(id, author)
    this.#hear()
  }

  /** @throws TurnoutError overloaded */
  async reset(id: string): Promise<void> {
    this.#changed.delete(id)
    await this.#board.reset(id)
    this.#hear()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#telling
    await this.#board.close()
  }

  #onChange(id: string): void {
    this.#changed.add(id)
    this.#tellIn(Math.max(TOGETHER_MS, this.#retryMs))
  }

  #tellIn(ms: number): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#telling = this.#tell().finally(() => {
        this.#timer = undefined
        if (this.#changed.size > 0) this.#tellIn(Math.max(TOGETHER_MS, this.#retryMs))
      })
    }, ms).unref()
  }

  async #tell(): Promise<void> {
    const ids = [...this.#changed]
    this.#changed.clear()
    const now = this.#health.now()
    const cooldowns = ids.flatMap((id) => this.#cooldownOf(this.#health.of(id), now) ?? [])
    const recoveries = ids.flatMap((id) => this.#recoveryOf(this.#health.of(id), now) ?? [])
    if (cooldowns.length + recoveries.length === 0) return
    try {
      await this.#board.tell(cooldowns, recoveries)
      this.#retryMs = 0
      this.#hear()
    } catch (error) {
      if (this.#retryMs === 0) {
        this.#log.warn({ err: error }, 'deployments: other processes cannot be told of cooldowns right now')
      }
      for (const id of ids) this.#changed.add(id)
      this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2 || FIRST_RETRY_MS)
    }
  }

  #cooldownOf(state: DeploymentState, now: number): CooldownNews | undefined {
    const { id, coolingUntil, open, strikes, lastError } = state
    const known = this.#known.get(id)
    const isNews = coolingUntil > Math.max(now, known?.coolingUntil ?? 0) + SAME_COOLDOWN_MS
    if (!isNews) return undefined
    const error = lastError && { code: lastError.code, agoMs: Math.max(0, now - lastError.at) }
    return { deployment: id, resets: known?.resets ?? 0, coolingMs: coolingUntil - now, open, strikes, error }
  }

  #recoveryOf({ id, coolingUntil, open }: DeploymentState, now: number): RecoveryNews | undefined {
    const known = this.#known.get(id)
    if (open || coolingUntil > now || known === undefined || known.coolingUntil === null) return undefined
    return { deployment: id, version: known.version }
  }

  #hear(): void {
    const { entries } = this.#board
    const known = new Map<string, BoardEntry>()
    for (const [id, entry] of entries) {
      const before = this.#known.get(id)
      const isQuiet = !this.#changed.has(id)
      if (before?.version !== entry.version) this.#health.hear(id, entry, before, isQuiet)
      // Cooldowns that came before what has happened here are heard of once that has been told.
      const { version = NEVER, coolingUntil = null } = before ?? {}
      known.set(id, isQuiet ? entry : { ...entry, version, coolingUntil })
    }
    for (const [id, { drained }] of this.#known) {
      if (drained && !entries.has(id)) this.#health.of(id).drained = false
    }
    this.#known = known
  }
}
