import { ErrorCode } from '@turnout/contract'
import { type RawBuilder, sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import type { BoardEntry, CooldownNews, DeploymentBoard, RecoveryNews } from '../core/routing/board.ts'
import type { Database } from '../db/database.ts'
import { Follower } from '../db/follower.ts'
import { newId } from '../lib/ids.ts'
import type { RegistryLog } from './options.ts'

const CHANNEL = 'turnout_deployments'
/** How long the end of a cooldown is remembered: as long as a deployment must stay well to begin anew. */
const REMEMBERED = sql`interval '10 minutes'`
/** The clock of the database, which is the same for all. */
const NOW = sql`clock_timestamp()`
const NEXT_VERSION = sql`nextval('deployment_health_versions')`

interface Row {
  deployment: string
  version: string
  drained: boolean
  resets: number
  cooling_ms: number | null
  open: boolean
  strikes: number
  error_code: string | null
  error_ago_ms: number | null
  told_by: string | null
}

function entryOf({ version, drained, resets, open, strikes, ...row }: Row, self: string, now: number): BoardEntry {
  const code = ErrorCode.safeParse(row.error_code)
  const lastError = code.success ? { code: code.data, at: now - (row.error_ago_ms ?? 0) } : undefined
  const coolingUntil = row.cooling_ms === null ? null : now + row.cooling_ms
  return { version, drained, resets, open, strikes, coolingUntil, lastError, isOwn: row.told_by === self }
}

/** The table by which all processes on a database know of drained and cooling deployments. */
export class DatabaseBoard implements DeploymentBoard {
  readonly #database: Database
  readonly #follower: Follower
  #entries: ReadonlyMap<string, BoardEntry> = new Map()
  #fingerprint = ''
  /** What this process is called. */
  readonly #self = newId('process')
  readonly #now: () => number

  /** @param now Epoch milliseconds; tests have their own. */
  constructor(database: Database, log: RegistryLog, now: () => number = Date.now) {
    this.#database = database
    this.#now = now
    this.#follower = new Follower({ database, log, channel: CHANNEL, subject: 'deployments', read: () => this.#read() })
  }

  get entries(): ReadonlyMap<string, BoardEntry> {
    return this.#entries
  }

  follow(onChange: () => void): void {
    this.#follower.follow(onChange)
  }

  refresh(): Promise<boolean> {
    return this.#follower.refresh()
  }

  async tell(cooldowns: readonly CooldownNews[], recoveries: readonly RecoveryNews[]): Promise<void> {
    await this.#run(sql`delete from deployment_health where not drained and forget_at < ${NOW}`)
    if (cooldowns.length > 0) await this.#run(this.#cool(cooldowns))
    if (recoveries.length > 0) {
      await this.#run(sql`
        update deployment_health as known
        set version = ${NEXT_VERSION}, cooling_until = null, open = false, forget_at = ${NOW} + ${REMEMBERED}
        from json_to_recordset(${JSON.stringify(recoveries)}::json) as news (deployment text, version bigint)
        where known.deployment = news.deployment and known.version = news.version`)
    }
    await this.#follower.announce()
  }

  drain(deployment: string, author: string): Promise<void> {
    return this.#operate(sql`
      insert into deployment_health (deployment, version, drained, drained_by, forget_at)
      values (${deployment}, ${NEXT_VERSION}, true, ${author}, ${NOW})
      on conflict (deployment) do update
      set version = excluded.version, drained = true, drained_by = excluded.drained_by`)
  }

  reset(deployment: string): Promise<void> {
    return this.#operate(sql`
      insert into deployment_health as known (deployment, version, resets, forget_at)
      values (${deployment}, ${NEXT_VERSION}, 1, ${NOW} + ${REMEMBERED})
      on conflict (deployment) do update
      set version = excluded.version, resets = known.resets + 1, drained = false, drained_by = null,
        cooling_until = null, open = false, strikes = 0, error_code = null, error_at = null,
        forget_at = excluded.forget_at`)
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  /** Of two cooldowns of one deployment the longer one counts. In order, so that no two processes wait for each other. */
  #cool(cooldowns: readonly CooldownNews[]): RawBuilder<unknown> {
    const news = cooldowns.map(({ deployment, resets, coolingMs, open, strikes, error }) => {
      return { deployment, resets, cooling_ms: coolingMs, open, strikes, code: error?.code, ago_ms: error?.agoMs }
    })
    return sql`
      insert into deployment_health as known
        (deployment, version, resets, cooling_until, open, strikes, error_code, error_at, forget_at, told_by)
      select deployment, ${NEXT_VERSION}, resets, ${NOW} + cooling_ms * interval '1 millisecond', open, strikes, code,
        ${NOW} - ago_ms * interval '1 millisecond', ${NOW} + cooling_ms * interval '1 millisecond' + ${REMEMBERED},
        ${this.#self}
      from json_to_recordset(${JSON.stringify(news)}::json) as news
        (deployment text, resets int, cooling_ms float8, open boolean, strikes int, code text, ago_ms float8)
      order by deployment
      on conflict (deployment) do update
      set version = excluded.version, cooling_until = greatest(known.cooling_until, excluded.cooling_until),
        told_by = case when known.cooling_until > excluded.cooling_until then known.told_by else excluded.told_by end,
        open = known.open or excluded.open, strikes = greatest(known.strikes, excluded.strikes),
        error_code = coalesce(excluded.error_code, known.error_code),
        error_at = coalesce(excluded.error_at, known.error_at), forget_at = greatest(known.forget_at, excluded.forget_at)
      where known.resets = excluded.resets`
  }

  async #run(statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(this.#database.sql)
  }

  async #operate(statement: RawBuilder<unknown>): Promise<void> {
    try {
      await this.#run(statement)
    } catch (error) {
      throw new TurnoutError('overloaded', 'The database does not answer, so deployments cannot be changed now.', {
        cause: error,
      })
    }
    await this.#follower.announce()
  }

  async #read(): Promise<boolean> {
    const { rows } = await sql<{ fingerprint: string }>`
      select count(*) || ':' || coalesce(sum(version), 0) as fingerprint
      from deployment_health`.execute(this.#database.sql)
    const { fingerprint } = rows[0]!
    if (fingerprint === this.#fingerprint) return false
    const found = await sql<Row>`
      select deployment, version::text as version, drained, resets, open, strikes, error_code,
        (extract(epoch from cooling_until - ${NOW}) * 1000)::float8 as cooling_ms,
        (extract(epoch from ${NOW} - error_at) * 1000)::float8 as error_ago_ms, told_by
      from deployment_health`.execute(this.#database.sql)
    const now = this.#now()
    this.#entries = new Map(found.rows.map((row) => [row.deployment, entryOf(row, this.#self, now)]))
    this.#fingerprint = fingerprint
    return true
  }
}
