import { TemplateConfiguration } from '@turnout/contract'
import { type Kysely, sql as sqlTag, type Transaction } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import type { Database } from '../../db/database.ts'
import type { Tables } from '../../db/tables.ts'

/** One state that a template has had. */
export interface StoredVersion {
  version: number
  /** Null: deleted. */
  record: TemplateConfiguration | null
  author: string
  createdAt: Date
}

export interface StoredTemplate extends StoredVersion {
  id: string
  record: TemplateConfiguration
}

/** Templates that somebody has made, each with its whole history. */
export interface TemplateStore {
  /** Those after an id, sorted by id. */
  list(after: string, limit: number): Promise<StoredTemplate[]>
  /** The version that holds; undefined where there is none. */
  read(id: string): Promise<StoredTemplate | undefined>
  version(id: string, version: number): Promise<StoredVersion | undefined>
  /** The latest first. */
  versions(id: string): Promise<StoredVersion[]>
  /** Adds a version. @throws TurnoutError invalid_input where it exists already */
  create(id: string, record: TemplateConfiguration, author: string): Promise<StoredTemplate>
  /** Adds a version; null deletes. @throws TurnoutError not_found */
  write(id: string, record: TemplateConfiguration | null, author: string): Promise<StoredVersion>
}

const MOST_VERSIONS = 1000

interface Row {
  version: number
  record: TemplateConfiguration | null
  author: string
  created_at: Date
}

/** A record of an older release may lack what this one adds: the schema fills it in. */
const stored = ({ version, record, author, created_at }: Row): StoredVersion => ({
  version,
  record: record && TemplateConfiguration.parse(record),
  author,
  createdAt: created_at,
})

const told = (error: unknown): TurnoutError =>
  error instanceof TurnoutError
    ? error
    : new TurnoutError('overloaded', 'The database does not answer, so templates cannot be had now.', { cause: error })

const missing = (id: string) =>
  new TurnoutError('not_found', `There is no template ${JSON.stringify(id)}.`, { param: 'id' })

export function createTemplateStore({ sql }: Pick<Database, 'sql'>): TemplateStore {
  const current = (db: Kysely<Tables>) =>
    db
      .selectFrom('templates as t')
      .innerJoin('template_versions as v', (join) =>
        join.onRef('v.template_id', '=', 't.id').onRef('v.version', '=', 't.version'),
      )
      .where('t.deleted', '=', false)
      .select(['t.id', 'v.version', 'v.record', 'v.author', 'v.created_at'])
  const versions = () => sql.selectFrom('template_versions').select(['version', 'record', 'author', 'created_at'])

  const add = async (
    transaction: Transaction<Tables>,
    id: string,
    version: number,
    record: TemplateConfiguration | null,
    author: string,
  ) => {
    const values = { template_id: id, version, record: record && JSON.stringify(record), author }
    const row = await transaction
      .insertInto('template_versions')
      .values(values)
      .returning(['version', 'record', 'author', 'created_at'])
      .executeTakeFirstOrThrow()
    return stored(row)
  }
  /** The version of a template, which nobody else can change until the end of the transaction. */
  const lock = (transaction: Transaction<Tables>, id: string) =>
    transaction
      .selectFrom('templates')
      .select(['version', 'deleted'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()

  const inTransaction = async <T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> => {
    try {
      return await sql.transaction().execute(work)
    } catch (error) {
      throw told(error)
    }
  }
  const asked = async <T>(query: Promise<T>): Promise<T> => {
    try {
      return await query
    } catch (error) {
      throw told(error)
    }
  }

  return {
    async list(after, limit) {
      const rows = await asked(current(sql).where('t.id', '>', after).orderBy('t.id').limit(limit).execute())
      return rows.map((row) => ({ id: row.id, ...stored(row) }) as StoredTemplate)
    },
    async read(id) {
      const row = await asked(current(sql).where('t.id', '=', id).executeTakeFirst())
      return row && ({ id, ...stored(row) } as StoredTemplate)
    },
    async version(id, version) {
      // The number is of whoever asks, and may be one that the column cannot have.
      const query = versions().where('template_id', '=', id).where('version', '=', sqlTag<number>`${version}::bigint`)
      const row = await asked(query.executeTakeFirst())
      return row && stored(row)
    },
    async versions(id) {
      const query = versions().where('template_id', '=', id).orderBy('version', 'desc').limit(MOST_VERSIONS)
      return (await asked(query.execute())).map(stored)
    },
    create: (id, record, author) =>
      inTransaction(async (transaction) => {
        // A row that is there already, and deleted, is taken up again.
        await transaction
          .insertInto('templates')
          .values({ id, version: 0, deleted: true })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
        const found = (await lock(transaction, id))!
        if (!found.deleted) {
          throw new TurnoutError('invalid_input', `id is taken: there is a template ${JSON.stringify(id)}.`, {
            param: 'id',
            status: 409,
          })
        }
        const version = found.version + 1
        await transaction.updateTable('templates').set({ version, deleted: false }).where('id', '=', id).execute()
        return { id, ...(await add(transaction, id, version, record, author)), record }
      }),
    write: (id, record, author) =>
      inTransaction(async (transaction) => {
        const found = await lock(transaction, id)
        // What was deleted can only be brought back, and only something can be deleted.
        if (found === undefined || (found.deleted && record === null)) throw missing(id)
        const version = found.version + 1
        const change = { version, deleted: record === null }
        await transaction.updateTable('templates').set(change).where('id', '=', id).execute()
        return add(transaction, id, version, record, author)
      }),
  }
}
