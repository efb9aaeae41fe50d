import { ModelPatch } from '@turnout/contract'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { Follower } from '../db/follower.ts'
import { formatPath, validate } from './file/issues.ts'
import type { RegistryLog } from './options.ts'
import type { Problem } from './types.ts'
import { writeFailure } from './write-failure.ts'

/** Carries word of a change to other processes. */
const MODELS_CHANNEL = 'turnout_models'

/** The database's own clock, by which every write differs from the one before. */
const NOW = sql<Date>`clock_timestamp()`

/** The records that the database holds, in memory. While the database is down it keeps what it has. */
export class DatabaseSource {
  readonly #database: Database
  readonly #follower: Follower
  #records: readonly ModelPatch[] = []
  #problems: readonly Problem[] = []
  #down: Problem | undefined
  /** What the database said of its own state when the records were read. */
  #fingerprint: string | undefined

  constructor(database: Database, log: RegistryLog) {
    this.#database = database
    this.#follower = new Follower({
      database,
      log,
      channel: MODELS_CHANNEL,
      subject: 'models',
      read: () => this.#read(),
      onDown: (error) => {
        this.#down = {
          layer: 'database',
          where: 'models',
          message: 'The database does not answer; its last known records are used.',
        }
        log.warn({ err: error }, 'models: the database does not answer; its last known records are used')
      },
      onUp: () => {
        this.#down = undefined
        log.info({}, 'models: the database answers again')
      },
    })
  }

  get records(): readonly ModelPatch[] {
    return this.#records
  }

  /** The records that are not valid, and whether the database is down. */
  get problems(): readonly Problem[] {
    return this.#down ? [this.#down, ...this.#problems] : this.#problems
  }

  /** Whether the records are those that the database has. */
  get answers(): boolean {
    return this.#down === undefined
  }

  has(id: string): boolean {
    return this.#records.some((record) => record.id === id)
  }

  /** Follows the database. `onChange` is called whenever records or problems have changed. */
  follow(onChange: () => void): void {
    this.#follower.follow(onChange)
  }

  /** Reads the records if they may have changed; the answer is whether anything did. Never rejects. */
  refresh(): Promise<boolean> {
    return this.#follower.refresh()
  }

  /** @returns false where the database has such a record already */
  async create(record: ModelPatch): Promise<boolean> {
    const made = await this.#write(() =>
      this.#database.sql
        .insertInto('models')
        .values({ id: record.id, record: JSON.stringify(record), updated_at: NOW })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst(),
    )
    return made !== undefined
  }

  async put(record: ModelPatch): Promise<void> {
    const row = { record: JSON.stringify(record), updated_at: NOW }
    await this.#write(() =>
      this.#database.sql
        .insertInto('models')
        .values({ id: record.id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    )
  }

  /** @returns false where the database has no such record */
  async delete(id: string): Promise<boolean> {
    const gone = await this.#write(() =>
      this.#database.sql.deleteFrom('models').where('id', '=', id).returning('id').executeTakeFirst(),
    )
    return gone !== undefined
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  /** What was written is read back before it returns, and told to others. */
  async #write<T>(statement: () => Promise<T>): Promise<T> {
    let result: T
    try {
      result = await statement()
    } catch (error) {
      throw writeFailure(error, 'models')
    }
    await this.#follower.announce()
    return result
  }

  async #read(): Promise<boolean> {
    // Any write moves a time of change, so that an idle poll costs next to nothing.
    const { rows } = await sql<{ fingerprint: string }>`
      select count(*) || ':' || coalesce(max(updated_at)::text, '') || ':'
        || coalesce(sum(extract(epoch from updated_at)), 0) as fingerprint from models`.execute(this.#database.sql)
    const { fingerprint } = rows[0]!
    if (fingerprint === this.#fingerprint) return false
    const found = await this.#database.sql.selectFrom('models').select(['id', 'record']).orderBy('id').execute()
    const records: ModelPatch[] = []
    const problems: Problem[] = []
    for (const { id, record } of found) {
      const checked = validate(ModelPatch, { ...record, id })
      if (checked.ok) records.push(checked.value)
      else for (const { path, message } of checked.issues) problems.push(problemOf(id, path, message))
    }
    this.#records = records
    this.#problems = problems
    this.#fingerprint = fingerprint
    return true
  }
}

const problemOf = (id: string, path: readonly PropertyKey[], message: string): Problem => ({
  layer: 'database',
  where: `${id} ${formatPath(path)}`.trimEnd(),
  message: `${message}; the record is not used`,
})
