import { type RawBuilder, sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { isDead, LEASE_MS } from './lease.ts'
import { type Db, inMs } from './record.ts'
import type { Executor, JobRow, Placement } from './types.ts'

/** How many waiting jobs are looked at for each that can be begun. */
const LOOK_AHEAD = 50

/** A job whose next step this process may make, and where it goes if that is its start. */
export interface Claimed {
  job: JobRow
  placement?: Placement | undefined
  /** Why it goes nowhere. */
  error?: TurnoutError | undefined
}

/** How many jobs run at each provider, deployment and key. */
class Load {
  readonly #counts = new Map<string, number>()

  add({ provider, deployment, key_id }: Pick<JobRow, 'provider' | 'deployment' | 'key_id'>, count = 1): void {
    for (const name of [`provider ${provider}`, `deployment ${deployment}`, `key ${key_id}`]) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
    }
  }

  #of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Which limit is reached, in words; undefined where there is room. */
  full({ provider, deployment, limits }: Placement, keyId: string): string | undefined {
    if (this.#of(`key ${keyId}`) >= limits.key) return `The key runs ${limits.key} jobs, which is its limit.`
    if (this.#of(`deployment ${deployment}`) >= limits.deployment) {
      return `Model ${deployment} runs ${limits.deployment} jobs, which is its limit.`
    }
    if (this.#of(`provider ${provider}`) >= limits.provider) {
      return `Provider ${provider} runs ${limits.provider} jobs, which is its limit.`
    }
    return undefined
  }
}

async function loadOf(db: Db): Promise<Load> {
  const rows = await db
    .selectFrom('jobs')
    .select(['provider', 'deployment', 'key_id', sql<number>`count(*)::int`.as('count')])
    .where((where) =>
      where.or([
        where.and([where('state', '=', 'running'), where('step', '<>', 'parts')]),
        // Those that are about to be sent.
        where.and([where('state', '=', 'queued'), where('lease_until', '>', sql<Date>`now()`)]),
      ]),
    )
    .groupBy(['provider', 'deployment', 'key_id'])
    .execute()
  const load = new Load()
  for (const row of rows) load.add(row, row.count)
  return load
}

export interface TakeLimits {
  /** How many steps at most. */
  most: number
  /** What this process is at, whatever the database says of its leases. */
  running: readonly string[]
  /** Whether those count that somebody else was at who has been silent for too long. */
  takesOver: boolean
}

/** Nobody is at it, or whoever was has been silent for too long. */
const isFree = ({ running, takesOver }: TakeLimits) =>
  sql<boolean>`(lease_until is null or (${takesOver}::boolean and lease_until < now())) and not (id = any(${[...running]}::text[]))`

/** Two processes must not count what runs at the same moment and each begin one more. */
const CLAIM_LOCK = 7_205_759_403

/** Takes the next steps of jobs for one process: those that are due, and beginnings where the limits leave room. */
export class Claims {
  readonly #database: Database
  readonly #executor: Executor
  readonly #owner: string

  constructor(database: Database, executor: Executor, owner: string) {
    this.#database = database
    this.#executor = executor
    this.#owner = owner
  }

  take(limits: TakeLimits): Promise<Claimed[]> {
    const { most } = limits
    return this.#database.sql.transaction().execute(async (db) => {
      await sql`select pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(db)
      const ready = await db
        .selectFrom('jobs')
        .select('id')
        .where('state', '<>', 'queued')
        .where('wake_at', '<=', sql<Date>`now()`)
        .where(isFree(limits))
        .orderBy('wake_at')
        .limit(most)
        .forUpdate()
        .skipLocked()
        .execute()
      const due = await this.#lease(db, ready)
      const begun = due.length < most ? await this.#begin(db, most - due.length, isFree(limits)) : []
      return [...due.map((job) => ({ job })), ...begun]
    })
  }

  /** Beginnings: by priority, then the keys in turn, so that a key with a thousand jobs does not hold up one with a single. */
  async #begin(db: Db, most: number, free: RawBuilder<boolean>): Promise<Claimed[]> {
    const waiting = await sql<JobRow>`
      with running as (select key_id, count(*) as count from jobs where state = 'running' group by key_id),
      ready as (
        select *, row_number() over (partition by key_id order by priority desc, created_at, id) as turn
        from jobs
        where state = 'queued' and step = 'start' and wake_at <= now() and ${free}
      )
      select ready.* from ready left join running using (key_id)
      order by priority desc, coalesce(running.count, 0) + turn, created_at, id
      limit ${most * LOOK_AHEAD}`.execute(db)
    if (waiting.rows.length === 0) return []
    const load = await loadOf(db)
    const chosen = new Map<string, Omit<Claimed, 'job'>>()
    for (const job of waiting.rows) {
      if (chosen.size === most) break
      const place = this.#place(job, load)
      if (place === undefined) continue
      chosen.set(job.id, place)
      if (place.placement) load.add({ ...place.placement, key_id: job.key_id })
    }
    if (chosen.size === 0) return []
    // One may have been canceled since it was read.
    const still = await db
      .selectFrom('jobs')
      .select('id')
      .where('id', 'in', [...chosen.keys()])
      .where('state', '=', 'queued')
      .forUpdate()
      .skipLocked()
      .execute()
    const leased = await this.#lease(db, still)
    for (const { id } of leased) {
      const placement = chosen.get(id)?.placement
      if (placement === undefined) continue
      // The limits count it from now on.
      const { deployment, provider } = placement
      await db.updateTable('jobs').set({ deployment, provider }).where('id', '=', id).execute()
    }
    return leased.map((job) => ({ job, ...chosen.get(job.id) }))
  }

  /** Undefined where a limit leaves no room now. */
  #place(job: JobRow, load: Load): Omit<Claimed, 'job'> | undefined {
    // What ends here needs no room.
    if (job.cancel_requested_at !== null || job.deadline_at.getTime() <= Date.now()) return {}
    try {
      const placement = this.#executor.place(job, [], (each) => load.full(each, job.key_id) !== undefined)
      return placement && { placement }
    } catch (thrown) {
      return { error: TurnoutError.from(thrown) }
    }
  }

  async #lease(db: Db, jobs: readonly Pick<JobRow, 'id'>[]): Promise<JobRow[]> {
    if (jobs.length === 0) return []
    return db
      .updateTable('jobs')
      .set({ lease_owner: this.#owner, lease_until: inMs(LEASE_MS) })
      .where(
        'id',
        'in',
        jobs.map(({ id }) => id),
      )
      .returningAll()
      .execute()
  }

  /** Keeps what is being worked on. */
  async keep(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return
    await this.#database.sql
      .updateTable('jobs')
      .set({ lease_until: inMs(LEASE_MS) })
      .where('lease_owner', '=', this.#owner)
      .where('id', 'in', [...jobIds])
      .execute()
  }

  /** Frees what processes of this machine held that have died, so that nobody waits until their leases run out. */
  async freeDead(): Promise<void> {
    const held = await this.#database.sql
      .selectFrom('jobs')
      .select('lease_owner')
      .distinct()
      .where('lease_owner', 'is not', null)
      .where('wake_at', 'is not', null)
      .execute()
    const dead = held.flatMap(({ lease_owner: owner }) => (owner !== null && isDead(owner) ? [owner] : []))
    if (dead.length === 0) return
    await this.#database.sql
      .updateTable('jobs')
      .set({ lease_owner: null, lease_until: null })
      .where('lease_owner', 'in', dead)
      .execute()
  }

  /** How long until something is due, in milliseconds; undefined where nothing is. */
  async nextIn(): Promise<number | undefined> {
    const { rows } = await sql<{ ms: number | null }>`
      select (extract(epoch from min(greatest(wake_at, coalesce(lease_until, wake_at))) - now()) * 1000)::float8 as ms
      from jobs where wake_at is not null`.execute(this.#database.sql)
    return rows[0]?.ms ?? undefined
  }

  /** Why a job that waits here does, in words; undefined where it will be begun at once. */
  async reasonOf(job: JobRow): Promise<string | undefined> {
    const load = await loadOf(this.#database.sql)
    let reason: string | undefined
    try {
      const room = this.#executor.place(job, [], (each) => {
        const full = load.full(each, job.key_id)
        reason ??= full
        return full !== undefined
      })
      return room === undefined ? reason : undefined
    } catch {
      return undefined
    }
  }
}
