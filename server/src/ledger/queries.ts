import type { Attempt, ErrorCode, Operation, Outcome, Usage, UsageTotal } from '@turnout/contract'
import { type RawBuilder, sql } from 'kysely'
import { formatDollars } from '../core/price.ts'
import type { Database } from '../db/database.ts'
import { formatCursor, parseCursor } from './cursor.ts'
import type { AttemptFilter, Grouping } from './types.ts'

interface AttemptRow {
  id: string
  request_id: string
  attempt: number
  operation: Operation
  model: string
  provider: string
  upstream_model: string
  key_id: string | null
  user_id: string | null
  started_at: Date
  latency_ms: number | null
  first_part_ms: number | null
  streamed: boolean
  outcome: Outcome
  error_code: ErrorCode | null
  usage: Usage
  cost: string | null
  emulated: boolean
  upstream_request_id: string | null
  experiment: string | null
  variant: string | null
}

/** Attempts, the newest first. @throws TurnoutError invalid_input for a cursor that is none */
export async function readAttempts(
  database: Database,
  filter: AttemptFilter,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<{ items: Attempt[]; nextCursor: string | null }> {
  const conditions = toConditions(filter)
  if (cursor !== undefined) {
    const { startedAt, id } = parseCursor(cursor)
    conditions.push(sql`(started_at, id) < (${startedAt.toISOString()}::timestamptz, ${id})`)
  }
  const { rows } = await sql<AttemptRow>`
    select id, request_id, attempt, operation, model, provider, upstream_model, key_id, user_id, started_at,
      latency_ms, first_part_ms, streamed, outcome, error_code, usage, cost_nano::text as cost, emulated,
      upstream_request_id, experiment, variant
    from attempts where ${all(conditions)}
    order by started_at desc, id desc limit ${limit + 1}`.execute(database.sql)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(toAttempt),
    nextCursor: last === undefined ? null : formatCursor({ startedAt: last.started_at, id: last.id }),
  }
}

const GROUPS: Readonly<Record<Grouping, RawBuilder<string | null>>> = {
  day: sql`to_char(started_at at time zone 'UTC', 'YYYY-MM-DD')`,
  model: sql`model`,
  provider: sql`provider`,
  key: sql`key_id`,
  user: sql`user_id`,
}

interface TotalRow {
  group: string | null
  attempts: number
  succeeded: number
  failed: number
  input_tokens: number
  output_tokens: number
  images: number
  cost: string
  emulated_cost: string
  unknown_cost: number
}

/** Sums over attempts: a line per group, sorted by it, or one line for all. */
export async function readTotals(
  database: Database,
  filter: AttemptFilter,
  by: Grouping | undefined,
): Promise<UsageTotal[]> {
  const group = by === undefined ? sql`null::text` : GROUPS[by]
  const grouped = by === undefined ? sql`` : sql`group by 1 order by 1`
  const { rows } = await sql<TotalRow>`
    select ${group} as "group",
      count(*)::float8 as attempts,
      (count(*) filter (where outcome = 'succeeded'))::float8 as succeeded,
      (count(*) filter (where outcome = 'failed'))::float8 as failed,
      ${sumOf('inputTokens')} as input_tokens,
      ${sumOf('outputTokens')} as output_tokens,
      ${sumOf('images')} as images,
      coalesce(sum(cost_nano) filter (where not emulated), 0)::text as cost,
      coalesce(sum(cost_nano) filter (where emulated), 0)::text as emulated_cost,
      (count(*) filter (where cost_nano is null))::float8 as unknown_cost
    from attempts where ${all(toConditions(filter))} ${grouped}`.execute(database.sql)
  return rows.map((row) => ({
    group: row.group,
    attempts: row.attempts,
    succeeded: row.succeeded,
    failed: row.failed,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    images: row.images,
    cost: formatDollars(BigInt(row.cost)),
    emulatedCost: formatDollars(BigInt(row.emulated_cost)),
    unknownCost: row.unknown_cost,
  }))
}

const sumOf = (unit: keyof Usage) => sql`coalesce(sum((usage->>${sql.lit(unit)})::numeric), 0)::float8`

const COLUMNS = {
  requestId: 'request_id',
  model: 'model',
  provider: 'provider',
  keyId: 'key_id',
  user: 'user_id',
  outcome: 'outcome',
} as const satisfies Partial<Record<keyof AttemptFilter, string>>

function toConditions(filter: AttemptFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  for (const [name, column] of Object.entries(COLUMNS)) {
    const value = filter[name as keyof typeof COLUMNS]
    if (value !== undefined) conditions.push(sql`${sql.ref(column)} = ${value}`)
  }
  if (filter.from) conditions.push(sql`started_at >= ${filter.from.toISOString()}::timestamptz`)
  if (filter.to) conditions.push(sql`started_at < ${filter.to.toISOString()}::timestamptz`)
  return conditions
}

const all = (conditions: RawBuilder<unknown>[]) =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)

function toAttempt(row: AttemptRow): Attempt {
  return {
    id: row.id,
    requestId: row.request_id,
    attempt: row.attempt,
    operation: row.operation,
    model: row.model,
    provider: row.provider,
    upstreamModel: row.upstream_model,
    keyId: row.key_id,
    user: row.user_id,
    startedAt: row.started_at.toISOString(),
    latencyMs: row.latency_ms,
    firstPartMs: row.first_part_ms,
    streamed: row.streamed,
    experiment: row.experiment,
    variant: row.variant,
    outcome: row.outcome,
    errorCode: row.error_code,
    usage: row.usage,
    cost: row.cost === null ? null : formatDollars(BigInt(row.cost)),
    emulated: row.emulated,
    upstreamRequestId: row.upstream_request_id,
  }
}
