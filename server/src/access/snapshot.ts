import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database, Log } from '../db/database.ts'
import { toPrincipal } from './rows.ts'
import type { Principal } from './types.ts'

/** Carries word of a change to other processes. */
export const KEYS_CHANNEL = 'turnout_keys'

const POLL_MS = 2_000
/** A database that swallows a question must not hold back whoever waits for the answer. */
const TIMEOUT_MS = 3_000

/**
 * All virtual keys that are not revoked, in memory by hash. It follows the
 * database by notifications and, in case one is missed, by a poll. While the
 * database is down it keeps what it has.
 */
export class KeySnapshot {
  readonly #database: Database
  readonly #log: Log
  #principals = new Map<string, Principal>()
  /** What the database said of its own state when the map was read. */
  #fingerprint: string | undefined
  /** Counts what was changed here, so that a refresh that overlaps a change starts again. */
  #changes = 0
  /** When the latest refresh began, on the monotonic clock. */
  #askedAt = Number.NEGATIVE_INFINITY
  #refreshing: Promise<void> | undefined
  #failure: unknown
  #listening: Promise<() => Promise<void>> | undefined
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  /** Reads the keys and begins to follow them. A database that is down is waited for in the background. */
  async start(): Promise<void> {
    await this.#refresh()
    this.#timer = setInterval(() => void this.#refresh(), POLL_MS).unref()
  }

  get(hash: string): Principal | undefined {
    return this.#principals.get(hash)
  }

  /** Takes in a key that was stored by this process. */
  add(hash: string, principal: Principal): void {
    this.#change()
    this.#principals.set(hash, principal)
  }

  /** Forgets a key that was revoked by this process. */
  remove(hash: string): void {
    this.#change()
    this.#principals.delete(hash)
  }

  /** The map is no longer what was read under the fingerprint. */
  #change(): void {
    this.#changes += 1
    this.#fingerprint = undefined
  }

  /**
   * Reads the keys as they are after this call, so that one that another
   * process has just made is found before its notification is. Everybody who
   * waits shares one question, and the next begins `gapMs` after the last: a
   * client that tries wrong keys is slow, not the database.
   * @throws whatever the database failed with
   */
  async freshen(gapMs: number): Promise<void> {
    const called = performance.now()
    await this.#refreshing
    if (this.#askedAt < called) await wait(Math.max(0, this.#askedAt + gapMs - performance.now()))
    await this.#refreshing
    if (this.#askedAt < called) await this.#refresh()
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#refreshing
    try {
      const unlisten = await this.#listening
      await unlisten?.()
    } catch (error) {
      this.#log.warn({ err: error }, 'virtual keys: could not stop listening')
    }
  }

  /** Never rejects: a failure is remembered until the database answers again, and logged once. */
  #refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#refreshing ??= this.#attempt().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #attempt(): Promise<void> {
    this.#askedAt = performance.now()
    const cut = new AbortController()
    const timer = setTimeout(() => cut.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
    const aborted = new Promise<never>((_, reject) => {
      cut.signal.addEventListener('abort', () => reject(cut.signal.reason))
    })
    try {
      await Promise.race([this.#read(cut.signal), aborted])
      if (this.#failure !== undefined) this.#log.info({}, 'virtual keys: the database answers again')
      this.#failure = undefined
    } catch (error) {
      if (this.#failure === undefined) {
        this.#log.warn({ err: error }, 'virtual keys: the database does not answer; known keys keep working')
      }
      this.#failure = error ?? new Error('the database failed without a reason')
    } finally {
      clearTimeout(timer)
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    // Listening comes first: what changes after the read is then told.
    await this.#listen()
    for (;;) {
      const changes = this.#changes
      const fingerprint = await this.#readFingerprint()
      signal.throwIfAborted()
      if (fingerprint === this.#fingerprint && changes === this.#changes) return
      const principals = await this.#readPrincipals()
      signal.throwIfAborted()
      if (changes !== this.#changes) continue
      this.#principals = principals
      this.#fingerprint = fingerprint
      return
    }
  }

  async #listen(): Promise<void> {
    this.#listening ??= this.#database.listen(KEYS_CHANNEL, this.#onNotify)
    try {
      await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  /** One function for all tries to listen, so that it is never called twice for one notification. */
  readonly #onNotify = async (): Promise<void> => {
    this.#askedAt = Number.NEGATIVE_INFINITY
    // One that is under way may have read before the change.
    await this.#refreshing
    await this.#refresh()
  }

  /** One short row that changes with any key, so that an idle poll costs next to nothing here. */
  async #readFingerprint(): Promise<string> {
    const { rows } = await sql<{ fingerprint: string }>`
      select count(*) || ':' || coalesce(md5(string_agg(k::text, ',' order by k.id)), '') as fingerprint
      from virtual_keys k where revoked_at is null`.execute(this.#database.sql)
    return rows[0]!.fingerprint
  }

  async #readPrincipals(): Promise<Map<string, Principal>> {
    const rows = await this.#database.sql
      .selectFrom('virtual_keys')
      .select(['id', 'name', 'hash', 'owner', 'role', 'limits', 'expires_at'])
      .where('revoked_at', 'is', null)
      .execute()
    return new Map(rows.map((row) => [row.hash, toPrincipal(row)]))
  }
}
