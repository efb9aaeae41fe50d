import type {
  CreatedWebhookEndpoint,
  CreateWebhookEndpoint,
  UpdateWebhookEndpoint,
  WebhookEndpoint,
} from '@turnout/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import type { Tables } from '../../db/tables.ts'
import type { WebhookEndpointsTable } from '../../db/webhook-tables.ts'
import { newId } from '../../lib/ids.ts'
import { requireCursor } from '../cursor.ts'
import { newSecret, type WebhookSecrets } from './secrets.ts'
import { giveUpPending } from './settle.ts'
import type { Listed, Page, Scope } from './types.ts'

/** Every event of a key is sent to all of its endpoints. */
const MAX_PER_KEY = 50
/** How long the secret before still signs, in hours. */
const OVERLAP_HOURS = 24

export interface EndpointsOptions {
  db: Kysely<Tables>
  secrets: WebhookSecrets
  /** @throws TurnoutError invalid_input where nothing may be sent there; the name of the field is `url` */
  check: (url: string) => Promise<void>
}

type Row = Selectable<WebhookEndpointsTable>

/** The endpoints that are told of jobs, in the database. */
export class Endpoints {
  readonly #db: Kysely<Tables>
  readonly #secrets: WebhookSecrets
  readonly #check: EndpointsOptions['check']

  constructor({ db, secrets, check }: EndpointsOptions) {
    this.#db = db
    this.#secrets = secrets
    this.#check = check
  }

  async create(keyId: string | null, input: Omit<CreateWebhookEndpoint, 'keyId'>): Promise<CreatedWebhookEndpoint> {
    await this.#check(input.url)
    const { count } = await this.#db
      .selectFrom('webhook_endpoints')
      .select(sql<number>`count(*)::int`.as('count'))
      .where(sql<boolean>`key_id is not distinct from ${keyId}`)
      .executeTakeFirstOrThrow()
    if (count >= MAX_PER_KEY) {
      throw new TurnoutError('invalid_input', `A key may have ${MAX_PER_KEY} webhook endpoints; delete one first.`)
    }
    const secret = newSecret()
    const now = sql<Date>`clock_timestamp()`
    const row = await this.#db
      .insertInto('webhook_endpoints')
      .values({
        ...input,
        id: newId('whe'),
        secret: this.#secrets.seal(secret),
        key_id: keyId,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return { ...toEndpoint(row), secret }
  }

  async list({ keyId }: Scope, { cursor, limit }: Page): Promise<Listed<WebhookEndpoint>> {
    let query = this.#db.selectFrom('webhook_endpoints').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc')
    if (keyId !== undefined) query = query.where('key_id', '=', keyId)
    if (cursor !== undefined) {
      query = query.where(
        sql<boolean>`(created_at, id) < (select created_at, id from webhook_endpoints where id = ${cursor})`,
      )
    }
    const rows = await query.limit(limit + 1).execute()
    if (cursor !== undefined && rows.length === 0) await requireCursor(this.#db, 'webhook_endpoints', cursor)
    const items = rows.slice(0, limit).map(toEndpoint)
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null }
  }

  async read(scope: Scope, id: string): Promise<WebhookEndpoint> {
    const row = await this.#db
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('id', '=', id)
      .where(within(scope))
      .executeTakeFirst()
    return toEndpoint(found(row, id))
  }

  async update(scope: Scope, id: string, change: UpdateWebhookEndpoint): Promise<WebhookEndpoint> {
    if (change.url !== undefined) await this.#check(change.url)
    const row = await this.#db.transaction().execute(async (transaction) => {
      const updated = await transaction
        .updateTable('webhook_endpoints')
        .set({
          ...change,
          ...(change.enabled && { disabled_reason: null }),
          updated_at: sql<Date>`clock_timestamp()`,
        })
        .where('id', '=', id)
        .where(within(scope))
        .returningAll()
        .executeTakeFirst()
      if (updated && change.enabled === false) await giveUpPending(transaction, id, 'The endpoint was disabled.')
      return updated
    })
    return toEndpoint(found(row, id))
  }

  async delete(scope: Scope, id: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const deleted = await transaction
        .deleteFrom('webhook_endpoints')
        .where('id', '=', id)
        .where(within(scope))
        .returning('id')
        .executeTakeFirst()
      found(deleted, id)
      await giveUpPending(transaction, id, 'The endpoint was deleted.')
    })
  }

  async rotate(scope: Scope, id: string): Promise<CreatedWebhookEndpoint> {
    const secret = newSecret()
    const row = await this.#db
      .updateTable('webhook_endpoints')
      .set({
        previous_secret: sql<string>`secret`,
        previous_until: sql<Date>`now() + ${OVERLAP_HOURS} * interval '1 hour'`,
        secret: this.#secrets.seal(secret),
        updated_at: sql<Date>`clock_timestamp()`,
      })
      .where('id', '=', id)
      .where(within(scope))
      .returningAll()
      .executeTakeFirst()
    return { ...toEndpoint(found(row, id)), secret }
  }
}

const within = ({ keyId }: Scope) => sql<boolean>`(${keyId ?? null}::text is null or key_id = ${keyId ?? null})`

/** @throws TurnoutError not_found */
function found<T>(row: T | undefined, id: string): T {
  if (row === undefined) throw new TurnoutError('not_found', `There is no webhook endpoint with the id "${id}".`)
  return row
}

function toEndpoint(row: Row): WebhookEndpoint {
  const { previous_until } = row
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    keyId: row.key_id,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    previousSecretUntil:
      previous_until !== null && previous_until.getTime() > Date.now() ? previous_until.toISOString() : null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
