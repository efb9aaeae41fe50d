import type { CreatedKey, CreateKey, VirtualKey } from '@turnout/contract'
import { sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import type { Database, Log } from '../db/database.ts'
import { newId } from '../lib/ids.ts'
import { toPrincipal, toVirtualKey } from './rows.ts'
import { displayPrefix, hashSecret, newSecret } from './secret.ts'
import { KEYS_CHANNEL, KeySnapshot } from './snapshot.ts'
import type { Keys, Principal } from './types.ts'

/** Unknown secrets make the database be asked for the keys, this far apart at least. */
const UNKNOWN_GAP_MS = 100
const ADMIN_KEY_MIN_LENGTH = 24
/** The one id that the key of the first start can have: of two starts at the same time, the second finds it taken. */
const FIRST_KEY_ID = 'key_first'

export interface KeysOptions {
  database: Database
  /** TURNOUT_ADMIN_KEY: an admin's virtual key that works without the database. */
  adminKey?: string
  log: Log
  /** The clock for expiry, in epoch milliseconds. */
  now?: () => number
}

/** @throws TurnoutError invalid_input where the admin key is too short */
export async function createKeys(options: KeysOptions): Promise<StoredKeys> {
  const keys = new StoredKeys(options)
  await keys.start()
  return keys
}

/**
 * Makes the first admin's key, where no key was ever made and none is
 * configured. Of processes that start together one makes it.
 * @returns its secret, this once
 */
export async function ensureAdminKey(keys: StoredKeys, database: Database): Promise<string | undefined> {
  if (keys.hasAdminKey) return undefined
  const existing = await answered(database.sql.selectFrom('virtual_keys').select('id').limit(1).executeTakeFirst())
  if (existing !== undefined) return undefined
  const created = await keys.insert(FIRST_KEY_ID, { name: 'First admin key', role: 'admin', limits: {} })
  return created?.secret
}

const ADMIN: Principal = {
  keyId: 'env-admin',
  name: 'TURNOUT_ADMIN_KEY',
  owner: null,
  role: 'admin',
  limits: {},
  expiresAt: Number.POSITIVE_INFINITY,
}

/** Virtual keys, stored in the database and authenticated from memory. */
export class StoredKeys implements Keys {
  /** Whether an admin's key is configured, so that none must be made. */
  readonly hasAdminKey: boolean
  readonly #database: Database
  readonly #log: Log
  readonly #now: () => number
  readonly #snapshot: KeySnapshot
  readonly #adminHash: string | undefined

  constructor({ database, adminKey, log, now = Date.now }: KeysOptions) {
    if (adminKey !== undefined && adminKey.length < ADMIN_KEY_MIN_LENGTH) {
      throw new TurnoutError(
        'invalid_input',
        `TURNOUT_ADMIN_KEY must have at least ${ADMIN_KEY_MIN_LENGTH} characters; it has ${adminKey.length}.`,
        { param: 'TURNOUT_ADMIN_KEY' },
      )
    }
    this.#database = database
    this.#log = log
    this.#now = now
    this.#snapshot = new KeySnapshot(database, log)
    this.hasAdminKey = adminKey !== undefined
    this.#adminHash = adminKey === undefined ? undefined : hashSecret(adminKey)
  }

  start(): Promise<void> {
    return this.#snapshot.start()
  }

  authenticate(secret: string | undefined): Principal | Promise<Principal> {
    if (secret === undefined || secret === '') {
      throw new TurnoutError(
        'authentication',
        'A virtual key is needed. Send it as "Authorization: Bearer trn_..." or as "x-api-key: trn_...".',
      )
    }
    const hash = hashSecret(secret)
    const principal = this.#snapshot.get(hash)
    if (principal !== undefined) return this.#unexpired(principal)
    if (hash === this.#adminHash) return ADMIN
    return this.#lookAgain(hash)
  }

  async create(input: CreateKey): Promise<CreatedKey> {
    const created = await this.insert(newId('key'), input)
    if (created === undefined) throw new TurnoutError('internal', 'The id of a new virtual key was already taken.')
    return created
  }

  async list({ cursor, limit }: { cursor?: string; limit: number }) {
    let query = this.#database.sql.selectFrom('virtual_keys').selectAll().orderBy('created_at', 'desc')
    if (cursor !== undefined) {
      query = query.where(
        sql<boolean>`(created_at, id) < (select created_at, id from virtual_keys where id = ${cursor})`,
      )
    }
    const rows = await answered(
      query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute(),
    )
    // Another key comes after every nextCursor, and none is ever deleted.
    if (cursor !== undefined && rows.length === 0) {
      throw new TurnoutError('invalid_input', 'cursor must be the nextCursor of the page before.', { param: 'cursor' })
    }
    const items = rows.slice(0, limit).map(toVirtualKey)
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null }
  }

  async revoke(id: string): Promise<VirtualKey> {
    const row = await answered(
      this.#database.sql
        .updateTable('virtual_keys')
        .set({ revoked_at: sql<Date>`coalesce(revoked_at, ${new Date(this.#now())}::timestamptz)` })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),
    )
    if (row === undefined) throw new TurnoutError('not_found', `There is no virtual key with the id "${id}".`)
    this.#snapshot.remove(row.hash)
    await this.#tellOthers()
    return toVirtualKey(row)
  }

  close(): Promise<void> {
    return this.#snapshot.close()
  }

  /**
   * Stores a new key. Where its id is taken, by another process that does the
   * same, nothing is stored.
   */
  async insert(id: string, input: CreateKey): Promise<CreatedKey | undefined> {
    const secret = newSecret()
    const row = await answered(
      this.#database.sql
        .insertInto('virtual_keys')
        .values({
          id,
          name: input.name,
          prefix: displayPrefix(secret),
          hash: hashSecret(secret),
          owner: input.owner ?? null,
          role: input.role,
          limits: JSON.stringify(input.limits),
          created_at: new Date(this.#now()),
          expires_at: input.expiresAt ? new Date(input.expiresAt) : null,
          revoked_at: null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returningAll()
        .executeTakeFirst(),
    )
    if (row === undefined) return undefined
    this.#snapshot.add(row.hash, toPrincipal(row))
    await this.#tellOthers()
    return { ...toVirtualKey(row), secret }
  }

  #unexpired(principal: Principal): Principal {
    if (principal.expiresAt === Number.POSITIVE_INFINITY || principal.expiresAt > this.#now()) return principal
    throw new TurnoutError(
      'authentication',
      `The virtual key "${principal.name}" expired on ${new Date(principal.expiresAt).toISOString()}.`,
    )
  }

  /** A secret that is not known here may have been issued by another process a moment ago. */
  async #lookAgain(hash: string): Promise<Principal> {
    try {
      await this.#snapshot.freshen(UNKNOWN_GAP_MS)
    } catch (error) {
      throw new TurnoutError(
        'overloaded',
        'Virtual keys cannot be verified right now, because the database does not answer. Keys in use keep working.',
        { retryAfterMs: 1_000, cause: error },
      )
    }
    const principal = this.#snapshot.get(hash)
    if (principal === undefined) {
      throw new TurnoutError('authentication', 'The virtual key is not valid: it is wrong or it was revoked.')
    }
    return this.#unexpired(principal)
  }

  /** Others would notice by their poll, so a failure here is no failure of the change. */
  async #tellOthers(): Promise<void> {
    try {
      await this.#database.notify(KEYS_CHANNEL)
    } catch (error) {
      this.#log.warn({ err: error }, 'virtual keys: other processes learn of the change by their next poll')
    }
  }
}

/** @throws TurnoutError overloaded, for whatever the database failed with */
async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    throw new TurnoutError('overloaded', 'The database that holds the virtual keys does not answer right now.', {
      retryAfterMs: 1_000,
      cause: error,
    })
  }
}
