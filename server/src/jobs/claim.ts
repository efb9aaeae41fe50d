import { type RawBuilder, sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { isDead, LEASE_MS } from './lease.ts'
import { type Db, inMs, json } from './record.ts'
import type { NewJob } from './store.ts'
import type { Executor, JobRow, Placement } from './types.ts'

/** How many waiting jobs are looked at together. */
const PAGE = 50

/** A job whose next step this process may make, and where it goes if that is its start. */
export interface Claimed {
  job: JobRow
  placement?: Placement | undefined
  /** Why it goes nowhere. */
  error?: TurnoutError | undefined
}

/** What was taken, and whether something was left for which there is no room now. */
export interface Taken {
  claimed: Claimed[]
  isMore: boolean
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

/** Those that run, and those that are about to be sent. */
const TAKES_ROOM = sql<boolean>`(state = 'running' and step <> 'parts' or state = 'queued' and lease_until > now())`

async function loadOf(db: Db): Promise<Load> {
  const rows = await db
    .selectFrom('jobs')
    .select(['provider', 'deployment', 'key_id', sql<number>`count(*)::int`.as('count')])
    .where(TAKES_ROOM)
    .groupBy(['provider', 'deployment', 'key_id'])
    .execute()
  const load = new Load()
  for (const row of rows) load.add(row, row.count)
  return load
}

/** Jobs of one key for one model: where there is no room for one of them, there is none for the others. */
interface Kin {
  key: string
  model: string
}

/** Of a pool or a role another job may go elsewhere, where there is room. */
const kinOf = ({ key_id, model }: JobRow): Kin | undefined =>
  /^(pool|role):/.test(model) ? undefined : { key: key_id, model }

/** It takes no room: it will not be sent. */
const endsHere = (job: JobRow): boolean => job.cancel_requested_at !== null || job.deadline_at.getTime() <= Date.now()

/** Beginnings: by priority, then the keys in turn, so that a key with a thousand jobs does not hold up one with a single. */
async function waitingJobs(
  db: Db,
  free: RawBuilder<boolean>,
  seen: readonly string[],
  full: readonly Kin[],
): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    with running as (select key_id, count(*) as count from jobs where state = 'running' group by key_id),
    ready as (
      select *, row_number() over (partition by key_id order by priority desc, created_at, id) as turn
      from jobs
      where state = 'queued' and step = 'start' and wake_at <= now() and ${free}
    )
    select ready.* from ready left join running using (key_id)
    where not (id = any(${[...seen]}::text[]))
      and (cancel_requested_at is not null or deadline_at <= now() or not exists (
        select from json_to_recordset(${json(full)}::json) as f (key text, model text)
        where f.key = key_id and f.model = ready.model
      ))
    order by priority desc, coalesce(running.count, 0) + turn, created_at, id
    limit ${PAGE}`.execute(db)
  return rows
}

export interface TakeLimits {
  /** How many steps at most. */
  most: number
  /** What this process is at, whatever the database says of its leases. */
  running: readonly string[]
  /** Whether those count that somebody else was at who has been silent for too long. */
  takesOver: boolean
  /** Whether those count whose step sends something to a provider that may be paid for. */
  sends: boolean
}

/** Nobody is at it, or whoever was has been silent for too long. */
const isFree = ({ running, takesOver, sends }: TakeLimits) =>
  sql<boolean>`(lease_until is null or (${takesOver}::boolean and lease_until < now()))
    and (${sends}::boolean or step <> 'start') and not (id = any(${[...running]}::text[]))`

const CLAIM_LOCK = 7_205_759_403

/** Two processes must not count what runs at the same moment and each begin one more. */
export const lockClaims = (db: Db) => sql`select pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(db)

/** How a job begins with its being stored, without waiting to be found. */
export interface Start {
  owner: string
  placement: Placement
  /** Whether it may: nobody waits whose turn comes before, and no limit is reached. */
  isRoom: RawBuilder<boolean>
}

/** What there is to do. */
export interface Outlook {
  /** Steps of jobs that have begun. */
  due: boolean
  /** Jobs that have not. */
  waiting: boolean
  /** When something more is due, in milliseconds; undefined where nothing is. */
  nextInMs: number | undefined
}

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

  /** A short look, which costs next to nothing where there is nothing to do. */
  async outlook(limits: TakeLimits): Promise<Outlook> {
    const free = isFree(limits)
    const { rows } = await sql<{ due: boolean; waiting: boolean; next_ms: number | null }>`
      select coalesce(bool_or(state <> 'queued' and wake_at <= now() and ${free}), false) as due,
        coalesce(bool_or(state = 'queued' and wake_at <= now() and ${free}), false) as waiting,
        (extract(epoch from min(next_at) filter (where next_at > now()) - now()) * 1000)::float8 as next_ms
      from (select *, greatest(wake_at, coalesce(lease_until, wake_at)) as next_at from jobs where wake_at is not null) as open`.execute(
      this.#database.sql,
    )
    const { due, waiting, next_ms } = rows[0]!
    return { due, waiting, nextInMs: next_ms ?? undefined }
  }

  async take(limits: TakeLimits, { due, waiting }: Omit<Outlook, 'nextInMs'>): Promise<Taken> {
    const continued = due ? await this.#continue(limits) : []
    const claimed = continued.map((job) => ({ job }))
    const most = limits.most - claimed.length
    if (most === 0) return { claimed, isMore: true }
    if (!waiting) return { claimed, isMore: false }
    const begun = await this.#begin(most, isFree(limits))
    return { claimed: [...claimed, ...begun.claimed], isMore: begun.isMore }
  }

  #continue(limits: TakeLimits): Promise<JobRow[]> {
    return this.#database.sql
      .updateTable('jobs')
      .set({ lease_owner: this.#owner, lease_until: inMs(LEASE_MS) })
      .where('id', 'in', (query) =>
        query
          .selectFrom('jobs')
          .select('id')
          .where('state', '<>', 'queued')
          .where('wake_at', '<=', sql<Date>`now()`)
          .where(isFree(limits))
          .orderBy('wake_at')
          .limit(limits.most)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .execute()
  }

  /** How a new job may begin at once; undefined where it cannot be told where it goes. */
  startOf({ kind, model, keyId, userId, requestId, request, metadata }: NewJob): Start | undefined {
    const whose = { key_id: keyId, user_id: userId, request_id: requestId }
    let placement: Placement | undefined
    try {
      placement = this.#executor.place({ kind, model, request, metadata, deployment: null, ...whose }, [])
    } catch {
      return undefined
    }
    if (placement === undefined) return undefined
    const { provider, deployment, limits } = placement
    const isRoom = sql<boolean>`(
      not exists (
        select from jobs where state = 'queued' and step = 'start' and wake_at <= now()
          and (lease_until is null or lease_until < now()))
      and (
        select count(*) filter (where key_id = ${keyId}) < ${limits.key}
          and count(*) filter (where deployment = ${deployment}) < ${limits.deployment}
          and count(*) filter (where provider = ${provider}) < ${limits.provider}
        from jobs where ${TAKES_ROOM}))`
    return { owner: this.#owner, placement, isRoom }
  }

  #begin(most: number, free: RawBuilder<boolean>): Promise<Taken> {
    return this.#database.sql.transaction().execute(async (db) => {
      await lockClaims(db)
      const load = await loadOf(db)
      const chosen = new Map<string, Omit<Claimed, 'job'>>()
      const seen: string[] = []
      const full: Kin[] = []
      let isMore = true
      while (isMore && chosen.size < most) {
        const page = await waitingJobs(db, free, seen, full)
        isMore = page.length === PAGE
        for (const job of page) {
          if (chosen.size === most) break
          seen.push(job.id)
          const place = this.#place(job, load)
          const kin = kinOf(job)
          if (place) chosen.set(job.id, place)
          else if (kin && !full.some(({ key, model }) => key === kin.key && model === kin.model)) full.push(kin)
          if (place?.placement) load.add({ ...place.placement, key_id: job.key_id })
        }
      }
      const leased = chosen.size === 0 ? [] : await this.#lease(db, chosen)
      const claimed = leased.map((job) => ({ job, ...chosen.get(job.id) }))
      return { claimed, isMore: isMore || seen.length > chosen.size }
    })
  }

  /** Undefined where a limit leaves no room now. */
  #place(job: JobRow, load: Load): Omit<Claimed, 'job'> | undefined {
    if (endsHere(job)) return {}
    try {
      const placement = this.#executor.place(job, [], (each) => load.full(each, job.key_id) !== undefined)
      return placement && { placement }
    } catch (thrown) {
      return { error: TurnoutError.from(thrown) }
    }
  }

  /** Those that are still queued: one may have been canceled since it was read. The limits count them from now on. */
  #lease(db: Db, chosen: ReadonlyMap<string, Omit<Claimed, 'job'>>): Promise<JobRow[]> {
    const places = [...chosen].map(([id, { placement }]) => ({
      id,
      deployment: placement?.deployment ?? null,
      provider: placement?.provider ?? null,
    }))
    return db
      .with(
        'places',
        () =>
          sql<
            (typeof places)[number]
          >`(select * from json_to_recordset(${json(places)}::json) as place (id text, deployment text, provider text))`,
      )
      .updateTable('jobs')
      .from('places')
      .set((column) => ({
        lease_owner: this.#owner,
        lease_until: inMs(LEASE_MS),
        deployment: column.fn.coalesce('places.deployment', 'jobs.deployment'),
        provider: column.fn.coalesce('places.provider', 'jobs.provider'),
      }))
      .whereRef('jobs.id', '=', 'places.id')
      .where('jobs.state', '=', 'queued')
      .returningAll('jobs')
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
