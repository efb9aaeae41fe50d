import type { ArtifactAbout, ArtifactDriver, ByteRange, LinkOptions, StoredArtifact } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { Inflow, releaseBytes } from './inflow.ts'
import { ArtifactLinks, type Signed, type Variant } from './links.ts'
import { extensionOf } from './names.ts'
import { type ArtifactRow, ArtifactRows, justRemoved, type StoredObject, toArtifact } from './rows.ts'
import type { ArtifactFilter, ArtifactService, Opened } from './types.ts'
import { type Limits, type Seen, seenOf, writeArtifact } from './write.ts'

export interface ArtifactStoreOptions {
  database: Database
  driver: ArtifactDriver
  /** What links are signed with. */
  secret: Buffer
  linkExpiresInSeconds: number
  limits: Limits
  /** Bytes of uploads that one key may have here. */
  uploadQuotaBytes: number
  /** How long artifacts are kept where their key says nothing; undefined: until they are deleted. */
  retentionDays: number | undefined
  /** Clients are sent to the storage instead of being served through Turnout, where it can do that. */
  redirect: boolean
  log: { warn(details: object, message: string): void; error(details: object, message: string): void }
}

/** How long an address of the storage itself works. */
const PRESIGNED_SECONDS = 300
const UNFINISHED_MS = 24 * 60 * 60 * 1000
const TOMBSTONE_MS = 30 * 24 * 60 * 60 * 1000
const BATCH = 100

type Bytes = Uint8Array | AsyncIterable<Uint8Array>

const folderOf = ({ kind, id }: Pick<ArtifactRow, 'kind' | 'id'>): string => `${kind}s/${id}/`

/** Ids are made by us; they become part of keys and links. */
const ID = /^[a-z0-9]+_[a-z0-9]{8,80}$/

const gone = (id: string) => new TurnoutError('not_found', `There is no artifact ${JSON.stringify(id.slice(0, 100))}.`)

/** Artifacts: their bytes in the storage, what is known of them in the database. */
export class ArtifactStore implements ArtifactService {
  readonly largest: number
  readonly #options: ArtifactStoreOptions
  readonly #driver: ArtifactDriver
  readonly #rows: ArtifactRows
  readonly #links: ArtifactLinks
  /** What is being kept by this process. */
  readonly #keeping = new Map<string, Promise<StoredArtifact>>()

  constructor(options: ArtifactStoreOptions) {
    this.#options = options
    this.#driver = options.driver
    this.#rows = new ArtifactRows(options.database)
    this.#links = new ArtifactLinks(options.secret, options.linkExpiresInSeconds)
    this.largest = Math.max(options.limits.pictureBytes, options.limits.videoBytes)
  }

  async keep(bytes: Bytes, about: ArtifactAbout): Promise<StoredArtifact> {
    if (!ID.test(about.id)) throw new RangeError(`not the id of an artifact: ${about.id}`)
    const running = this.#keeping.get(about.id)
    if (running) {
      releaseBytes(bytes)
      return running
    }
    const keeping = this.#keep(bytes, about).finally(() => this.#keeping.delete(about.id))
    this.#keeping.set(about.id, keeping)
    return keeping
  }

  async find(id: string): Promise<StoredArtifact | undefined> {
    const row = await this.#rows.find(id)
    return row?.stored_at ? toArtifact(row) : undefined
  }

  async ofJobs(jobIds: readonly string[]): Promise<StoredArtifact[]> {
    return (await this.#rows.ofJobs(jobIds)).map(toArtifact)
  }

  async list(filter: ArtifactFilter, page: { cursor?: string | undefined; limit: number }) {
    const { rows, nextCursor } = await this.#rows.list(filter, page)
    return { items: rows.map(toArtifact), nextCursor }
  }

  link(id: string, options: LinkOptions): string {
    return this.#links.link(id, 'content', options)
  }

  thumbnailLink(id: string, options: LinkOptions): string {
    return this.#links.link(id, 'thumbnail', options)
  }

  verify(id: string, variant: Variant, signed: Signed): void {
    this.#links.verify(id, variant, signed)
  }

  async describe(id: string, variant: Variant): Promise<Opened> {
    const row = await this.#rows.find(id)
    if (!row?.stored_at || row.deleted_at) throw gone(id)
    const artifact = toArtifact(row)
    if (variant === 'content') {
      const { mediaType, bytes: size, sha256 } = artifact
      const filename = artifact.filename ?? `${id}.${extensionOf(mediaType)}`
      return { artifact, mediaType, size, etag: `"${sha256}"`, filename }
    }
    if (row.thumbnail_key === null) throw new TurnoutError('not_found', `The artifact ${id} has no thumbnail.`)
    const known = await this.#storage(this.#driver.stat(row.thumbnail_key))
    if (known === undefined) throw gone(id)
    const etag = `"${artifact.sha256}-thumbnail"`
    return { artifact, mediaType: 'image/webp', size: known.size, etag, filename: `${id}-thumbnail.webp` }
  }

  async open({ artifact, size }: Pick<Opened, 'artifact' | 'size'>, variant: Variant, range?: ByteRange) {
    const whole = range?.start === 0 && range.end === size - 1
    const found = await this.#storage(this.#driver.open(keyOf(artifact, variant), whole ? undefined : range))
    if (found === undefined) {
      this.#options.log.error({ id: artifact.id, place: this.#driver.place }, 'the bytes of an artifact are missing')
      throw gone(artifact.id)
    }
    return found
  }

  async address({ artifact, mediaType }: Opened, variant: Variant, disposition: string): Promise<string | undefined> {
    if (!this.#options.redirect || this.#driver.presign === undefined) return undefined
    // A drawing may hold a script, which only our own headers keep from running.
    if (mediaType === 'image/svg+xml') return undefined
    const options = { expiresInSeconds: PRESIGNED_SECONDS, mediaType, disposition }
    return this.#storage(this.#driver.presign(keyOf(artifact, variant), options))
  }

  async delete(id: string): Promise<void> {
    const row = await this.#rows.markDeleted(id)
    if (row === undefined || row.purged_at) return
    try {
      await this.#purge(row)
    } catch (error) {
      this.#options.log.warn({ err: error, id }, 'the bytes of a deleted artifact will be removed later')
    }
  }

  async room(keyId: string): Promise<number> {
    return Math.max(0, this.#options.uploadQuotaBytes - (await this.#rows.uploadedBy(keyId)))
  }

  /**
   * Deletes what has outlived its time and what crashes have left. A row is
   * marked before its bytes go, so that what is cut short is done the next time.
   */
  async prune(): Promise<void> {
    const now = Date.now()
    await this.#rows.markOutlived(new Date(now - UNFINISHED_MS))
    for (;;) {
      const rows = await this.#rows.deleted(BATCH)
      for (const row of rows) await this.#purge(row)
      if (rows.length < BATCH) break
    }
    await this.#rows.forgetPurged(new Date(now - TOMBSTONE_MS))
    await this.#driver.discardUnfinished(now - UNFINISHED_MS)
  }

  async #keep(bytes: Bytes, about: ArtifactAbout): Promise<StoredArtifact> {
    let row: ArtifactRow
    const seen = seenOf(bytes, this.#options.limits)
    try {
      about.signal?.throwIfAborted()
      row = await this.#rows.begin(about)
    } catch (error) {
      releaseBytes(bytes)
      throw error
    }
    if (row.stored_at || row.deleted_at) {
      releaseBytes(bytes)
      return toArtifact(row)
    }
    // What a failure leaves is found by its row: by whoever keeps it again, or by the pruning.
    const stored = await this.#write(bytes, about, row, seen)
    const finished = await this.#rows.finish(row, stored, this.#options.retentionDays, about.daysAtMost)
    if (finished) return toArtifact(finished)
    // Somebody has deleted it while it was written.
    const deleted = await this.#rows.markDeleted(row.id)
    if (deleted === undefined) throw justRemoved(row.id)
    await this.#purge(deleted)
    return toArtifact(deleted)
  }

  async #write(bytes: Bytes, about: ArtifactAbout, row: ArtifactRow, seen: Seen): Promise<StoredObject> {
    const source = watched(bytes)
    const inflow = await Inflow.open(source.bytes)
    try {
      return await writeArtifact(this.#driver, inflow, about, {
        folder: folderOf(row),
        limits: this.#options.limits,
        size: bytes instanceof Uint8Array ? bytes.length : undefined,
        seen,
        sidecar: (stored) => sidecarOf(row, stored),
      })
    } catch (error) {
      await inflow.release()
      about.signal?.throwIfAborted()
      throw source.failed || error instanceof TurnoutError ? error : this.#unreachable(error)
    }
  }

  async #purge(row: ArtifactRow): Promise<void> {
    await this.#removeObjects(row)
    await this.#rows.markPurged(row.id)
  }

  /** Everything of it, also what a crash has left without a word in the row. */
  async #removeObjects(row: ArtifactRow): Promise<void> {
    for await (const { key } of this.#driver.list(folderOf(row))) await this.#driver.delete(key)
  }

  async #storage<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  #unreachable(cause: unknown): TurnoutError {
    const reason = cause instanceof Error ? ` (${cause.name}: ${cause.message})` : ''
    this.#options.log.error({ err: cause, place: this.#driver.place }, 'the storage of artifacts failed')
    return new TurnoutError('overloaded', `The storage of artifacts does not do its work right now${reason}.`, {
      retryAfterMs: 5_000,
      cause,
    })
  }
}

function keyOf({ id, kind, mediaType }: StoredArtifact, variant: Variant): string {
  const folder = folderOf({ id, kind })
  return variant === 'content' ? `${folder}original.${extensionOf(mediaType)}` : `${folder}thumbnail.webp`
}

/** The bytes, and whether it was they that failed. */
function watched(bytes: Bytes) {
  const source = { failed: false, bytes: bytes instanceof Uint8Array ? bytes : pass(bytes) }
  async function* pass(all: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* all
    } catch (error) {
      source.failed = true
      throw error
    }
  }
  return source
}

/** All that is known of an artifact, for whoever has the storage without the database. */
function sidecarOf(row: ArtifactRow, { mediaType, bytes, sha256, facts }: StoredObject): object {
  return {
    id: row.id,
    kind: row.kind,
    jobId: row.job_id,
    attemptId: row.attempt_id,
    index: row.place,
    keyId: row.key_id,
    user: row.user_id,
    filename: row.filename,
    createdAt: row.created_at.toISOString(),
    mediaType,
    bytes,
    sha256,
    width: facts.width,
    height: facts.height,
    durationMs: facts.durationMs,
    lineage: row.lineage,
  }
}
