import type { ArtifactLineage } from '@turnout/contract'
import { type Selectable, sql } from 'kysely'
import type { ArtifactAbout, StoredArtifact } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import type { ArtifactsTable } from '../db/artifact-tables.ts'
import type { Database } from '../db/database.ts'
import { storable } from '../lib/storable.ts'
import type { Facts } from './facts/types.ts'
import type { ArtifactFilter } from './types.ts'

export type ArtifactRow = Selectable<ArtifactsTable>

const NO_LINEAGE: ArtifactLineage = {
  model: null,
  deployment: null,
  provider: null,
  providerRequestId: null,
  prompt: null,
  inputs: {},
  seed: null,
  cost: null,
  warnings: [],
}

export interface StoredObject {
  storageKey: string
  mediaType: string
  bytes: number
  sha256: string
  facts: Omit<Facts, 'thumbnail'>
  thumbnailKey: string | null
}

/** @throws TurnoutError overloaded, for whatever the database failed with */
async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    throw new TurnoutError('overloaded', 'The database that lists the artifacts does not answer right now.', {
      retryAfterMs: 1_000,
      cause: error,
    })
  }
}

/** Whoever keeps it again makes its row anew. */
export const justRemoved = (id: string): TurnoutError =>
  new TurnoutError('overloaded', `The artifact ${id} has just been removed.`)

const stored = (text: string | null | undefined): string | null => (text == null ? null : storable(text))

function parseCursor(cursor: string): { time: Date; id: string } {
  const { time, id } = /^(?<time>\d{1,14})\.(?<id>.+)$/.exec(cursor)?.groups ?? {}
  if (time === undefined || id === undefined) {
    throw new TurnoutError('invalid_input', 'cursor must be the nextCursor of the page before.', { param: 'cursor' })
  }
  return { time: new Date(Number(time)), id }
}

/** The table of artifacts. Every method throws TurnoutError overloaded where the database does not answer. */
export class ArtifactRows {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Makes the row of what is about to be written. A row that somebody has begun
   * and not ended is made anew; one that is finished is answered as it is.
   */
  async begin(about: ArtifactAbout): Promise<ArtifactRow> {
    const lineage = { ...NO_LINEAGE, ...about.lineage }
    const told = {
      attempt_id: about.attemptId ?? null,
      model: lineage.model,
      lineage: JSON.stringify(lineage),
    }
    const now = new Date()
    const begun = await answered(
      this.#database.sql
        .insertInto('artifacts')
        .values({
          ...told,
          id: about.id,
          kind: about.kind,
          job_id: about.jobId ?? null,
          place: about.index ?? 0,
          key_id: about.keyId,
          user_id: stored(about.user),
          filename: stored(about.filename),
          created_at: now,
        })
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ ...told, created_at: now, deleted_at: null, purged_at: null })
            .where('artifacts.stored_at', 'is', null),
        )
        .returningAll()
        .executeTakeFirst(),
    )
    const row = begun ?? (await this.find(about.id))
    if (row === undefined) throw justRemoved(about.id)
    return row
  }

  /** Tells that the bytes are stored. Undefined where the artifact was deleted meanwhile. */
  async finish(row: ArtifactRow, stored: StoredObject, retentionDays: number | undefined, daysAtMost?: number) {
    const now = new Date()
    const { facts } = stored
    // What the key itself says, however it has been made.
    const usual = sql`coalesce((select (limits ->> 'retentionDays')::float8 from virtual_keys where id = ${row.key_id}), ${retentionDays ?? null}::float8)`
    const days = sql`least(${usual}, ${daysAtMost ?? null}::float8)`
    return answered(
      this.#database.sql
        .updateTable('artifacts')
        .set({
          storage_key: stored.storageKey,
          media_type: stored.mediaType,
          bytes: BigInt(stored.bytes),
          sha256: stored.sha256,
          width: facts.width,
          height: facts.height,
          duration_ms: facts.durationMs,
          thumbhash: facts.thumbhash,
          thumbnail_key: stored.thumbnailKey,
          stored_at: now,
          expires_at: sql<Date | null>`${now}::timestamptz + ${days} * interval '1 day'`,
        })
        .where('id', '=', row.id)
        .where('deleted_at', 'is', null)
        .returningAll()
        .executeTakeFirst(),
    )
  }

  find(id: string): Promise<ArtifactRow | undefined> {
    return answered(this.#database.sql.selectFrom('artifacts').selectAll().where('id', '=', id).executeTakeFirst())
  }

  async ofJobs(jobIds: readonly string[]): Promise<ArtifactRow[]> {
    if (jobIds.length === 0) return []
    return answered(
      this.#database.sql
        .selectFrom('artifacts')
        .selectAll()
        .where('job_id', 'in', jobIds)
        .where('stored_at', 'is not', null)
        .where('deleted_at', 'is', null)
        .orderBy('job_id')
        .orderBy('place')
        .execute(),
    )
  }

  /** What is kept, the newest first. @throws TurnoutError invalid_input for a cursor that is none */
  async list(filter: ArtifactFilter, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
    const { keyId, kind, jobId, model, user, type, from, to } = filter
    let query = this.#database.sql
      .selectFrom('artifacts')
      .selectAll()
      .where('stored_at', 'is not', null)
      .where('deleted_at', 'is', null)
    if (keyId !== undefined) query = query.where('key_id', '=', keyId)
    if (kind !== undefined) query = query.where('kind', '=', kind)
    if (jobId !== undefined) query = query.where('job_id', '=', jobId)
    if (model !== undefined) query = query.where('model', '=', model)
    if (user !== undefined) query = query.where('user_id', '=', user)
    if (type !== undefined) query = query.where('media_type', 'like', `${type}/%`)
    if (from !== undefined) query = query.where('created_at', '>=', from)
    if (to !== undefined) query = query.where('created_at', '<', to)
    if (cursor !== undefined) {
      const { time, id } = parseCursor(cursor)
      query = query.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id})`)
    }
    const rows = await answered(
      query
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute(),
    )
    const last = rows.length > limit ? rows[limit - 1] : undefined
    return { rows: rows.slice(0, limit), nextCursor: last ? `${last.created_at.getTime()}.${last.id}` : null }
  }

  /** From here on nobody gets it. */
  async markDeleted(id: string): Promise<ArtifactRow | undefined> {
    return answered(
      this.#database.sql
        .updateTable('artifacts')
        .set({ deleted_at: sql<Date>`coalesce(deleted_at, ${new Date()}::timestamptz)` })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),
    )
  }

  /** Marks what has outlived its time, and what was begun before `unfinishedSince` and never ended. */
  async markOutlived(unfinishedSince: Date): Promise<void> {
    const now = new Date()
    await answered(
      this.#database.sql
        .updateTable('artifacts')
        .set({ deleted_at: now })
        .where('deleted_at', 'is', null)
        .where((where) =>
          where.or([
            where('expires_at', '<=', now),
            where.and([where('stored_at', 'is', null), where('created_at', '<', unfinishedSince)]),
          ]),
        )
        .execute(),
    )
  }

  /** What is deleted and still has bytes, the longest first. */
  deleted(limit: number): Promise<ArtifactRow[]> {
    return answered(
      this.#database.sql
        .selectFrom('artifacts')
        .selectAll()
        .where('deleted_at', 'is not', null)
        .where('purged_at', 'is', null)
        .orderBy('deleted_at')
        .limit(limit)
        .execute(),
    )
  }

  /** Its bytes are gone, so what was known of them goes too; the id stays, so that a job does not keep it again. */
  async markPurged(id: string): Promise<void> {
    await answered(
      this.#database.sql
        .updateTable('artifacts')
        .set({ purged_at: new Date(), lineage: JSON.stringify(NO_LINEAGE), filename: null, thumbhash: null })
        .where('id', '=', id)
        .execute(),
    )
  }

  async forgetPurged(before: Date): Promise<void> {
    await answered(this.#database.sql.deleteFrom('artifacts').where('purged_at', '<', before).execute())
  }

  /** Bytes of the uploads that a key has here. */
  async uploadedBy(keyId: string): Promise<number> {
    const { total } = await answered(
      this.#database.sql
        .selectFrom('artifacts')
        .select(sql<string>`coalesce(sum(bytes), 0)::text`.as('total'))
        .where('key_id', '=', keyId)
        .where('kind', '=', 'upload')
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow(),
    )
    return Number(total)
  }
}

/** An artifact that is stored, or was. */
export function toArtifact(row: ArtifactRow): StoredArtifact {
  return {
    id: row.id,
    kind: row.kind,
    jobId: row.job_id,
    attemptId: row.attempt_id,
    index: row.place,
    keyId: row.key_id,
    user: row.user_id,
    filename: row.filename,
    mediaType: row.media_type ?? 'application/octet-stream',
    bytes: Number(row.bytes ?? 0),
    sha256: row.sha256 ?? '',
    width: row.width,
    height: row.height,
    durationMs: row.duration_ms,
    thumbhash: row.thumbhash,
    lineage: row.lineage,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    hasThumbnail: row.thumbnail_key !== null,
    deletedAt: row.deleted_at?.toISOString() ?? null,
  }
}
