import { PoolConfiguration, RoleConfiguration, type RoutingKind } from '@turnout/contract'
import { sql } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import type { Database } from '../../db/database.ts'
import { Follower } from '../../db/follower.ts'
import { formatPath, validate } from '../file/issues.ts'
import type { RegistryLog } from '../options.ts'
import type { Problem } from '../types.ts'
import { writeFailure } from '../write-failure.ts'
import type { RoutingLayer } from './types.ts'

const CHANNEL = 'turnout_routing'

export const SCHEMAS = { pool: PoolConfiguration, role: RoleConfiguration } as const
export type RoutingRecord = PoolConfiguration | RoleConfiguration

/** One state that the database has had for a name. */
export interface StoredRevision {
  revision: number
  /** Null: deleted. */
  record: RoutingRecord | null
  author: string
  createdAt: Date
}

interface Current {
  pools: Record<string, PoolConfiguration>
  roles: Record<string, RoleConfiguration>
  revisions: ReadonlyMap<string, number>
}

const EMPTY: Current = { pools: {}, roles: {}, revisions: new Map() }

const keyOf = (kind: RoutingKind, name: string): string => `${kind}:${name}`

/** The pools and roles of the database, in memory, and their history. While the database is down it keeps what it has. */
export class RoutingSource {
  readonly #database: Database
  readonly #follower: Follower
  #current = EMPTY
  #problems: readonly Problem[] = []
  #latest = ''

  constructor(database: Database, log: RegistryLog) {
    this.#database = database
    // That the database is down is told by the source of the models.
    this.#follower = new Follower({ database, log, channel: CHANNEL, subject: 'routing', read: () => this.#read() })
  }

  get layer(): RoutingLayer {
    const { pools, roles } = this.#current
    return { layer: 'database', pools, roles, where: (path) => formatPath(path) }
  }

  /** Records that are not valid. */
  get problems(): readonly Problem[] {
    return this.#problems
  }

  /** The revision that holds; undefined where the database has no such record. */
  revisionOf(kind: RoutingKind, name: string): number | undefined {
    return this.#current.revisions.get(keyOf(kind, name))
  }

  follow(onChange: () => void): void {
    this.#follower.follow(onChange)
  }

  /** Reads what may have changed; the answer is whether anything did. Never rejects. */
  refresh(): Promise<boolean> {
    return this.#follower.refresh()
  }

  /** Adds a revision. @throws TurnoutError overloaded, invalid_input for characters that cannot be stored */
  async write(kind: RoutingKind, name: string, record: RoutingRecord | null, author: string): Promise<void> {
    try {
      await sql`
        insert into routing_revisions (kind, name, revision, record, author)
        select ${kind}::text, ${name}::text, coalesce(max(revision), 0) + 1,
          ${record === null ? null : JSON.stringify(record)}::jsonb, ${author}::text
        from routing_revisions where kind = ${kind} and name = ${name}`.execute(this.#database.sql)
    } catch (error) {
      throw writeFailure(error, `${kind}s`)
    }
    await this.#follower.announce()
  }

  /** The latest first. @throws TurnoutError overloaded */
  async revisions(kind: RoutingKind, name: string): Promise<StoredRevision[]> {
    try {
      const rows = await this.#database.sql
        .selectFrom('routing_revisions')
        .select(['revision', 'record', 'author', 'created_at'])
        .where('kind', '=', kind)
        .where('name', '=', name)
        .orderBy('revision', 'desc')
        .limit(1000)
        .execute()
      return rows.map(({ revision, record, author, created_at }) => ({
        revision,
        record: record as RoutingRecord | null,
        author,
        createdAt: created_at,
      }))
    } catch (error) {
      throw new TurnoutError('overloaded', 'The database does not answer right now.', { cause: error })
    }
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  async #read(): Promise<boolean> {
    const { rows } = await sql<{ latest: string }>`
      select coalesce(max(id), 0)::text as latest from routing_revisions`.execute(this.#database.sql)
    const { latest } = rows[0]!
    if (latest === this.#latest) return false
    const found = await sql<{ kind: RoutingKind; name: string; revision: number; record: unknown }>`
      select distinct on (kind, name) kind, name, revision, record from routing_revisions
      order by kind, name, revision desc`.execute(this.#database.sql)
    const current = { pools: {}, roles: {}, revisions: new Map<string, number>() } as Current & {
      revisions: Map<string, number>
    }
    const problems: Problem[] = []
    for (const { kind, name, revision, record } of found.rows) {
      if (record === null) continue
      const checked = validate(SCHEMAS[kind], record)
      if (!checked.ok) {
        for (const { path, message } of checked.issues) {
          const where = formatPath([`${kind}s`, name, ...path])
          problems.push({ layer: 'database', where, message: `${message}; the record is not used` })
        }
        continue
      }
      if (kind === 'pool') current.pools[name] = checked.value as PoolConfiguration
      else current.roles[name] = checked.value as RoleConfiguration
      current.revisions.set(keyOf(kind, name), revision)
    }
    this.#current = current
    this.#problems = problems
    this.#latest = latest
    return true
  }
}
