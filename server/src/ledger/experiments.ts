import { sql } from 'kysely'
import { formatDollars } from '../core/price.ts'
import type { Database } from '../db/database.ts'
import { answered } from './answered.ts'
import type { Ledger } from './types.ts'

/** In milliseconds. */
export interface Spread {
  average: number
  median: number
  p95: number
}

/** What came of the requests of one variant. */
export interface Outcome {
  experiment: string
  variant: string
  requests: number
  succeeded: number
  failed: number
  attempts: number
  failedAttempts: number
  latencyMs: Spread | null
  firstPartMs: Spread | null
  cost: string
  emulatedCost: string
  unknownCost: number
  validatorHardFails: number
  feedback: { count: number; average: number | null }
}

export interface OutcomeFilter {
  experiment?: string | undefined
  from?: Date | undefined
  to?: Date | undefined
}

type Percentiles = [median: number, p95: number] | null

interface Row {
  experiment: string
  variant: string
  requests: number
  succeeded: number
  failed: number
  attempts: number
  failed_attempts: number
  latency: number | null
  latency_percentiles: Percentiles
  first_part: number | null
  first_part_percentiles: Percentiles
  cost: string
  emulated_cost: string
  unknown_cost: number
  hard_fails: number
  feedback_count: number
  feedback_average: number | null
}

const spread = (average: number | null, percentiles: Percentiles): Spread | null => {
  if (average === null || percentiles === null) return null
  const [median, p95] = percentiles
  return { average: Math.round(average), median: Math.round(median), p95: Math.round(p95) }
}

const since = (moment: ReturnType<typeof sql>) => sql`extract(epoch from ${moment} - min(started_at)) * 1000`

/**
 * What came of the variants of experiments. A request counts for the variant
 * that it was given, whoever of its members answered; an attempt that is still
 * running counts for nothing but itself.
 */
export function createOutcomes(database: Database, ledger: Pick<Ledger, 'flush'>) {
  const read = async ({ experiment, from, to }: OutcomeFilter): Promise<Outcome[]> => {
    await ledger.flush()
    const conditions = [
      sql`experiment is not null`,
      ...(experiment === undefined ? [] : [sql`experiment = ${experiment}`]),
      ...(from ? [sql`started_at >= ${from.toISOString()}::timestamptz`] : []),
      ...(to ? [sql`started_at < ${to.toISOString()}::timestamptz`] : []),
    ]
    const ended = sql`max(started_at + latency_ms * interval '1 millisecond')`
    const begun = sql`max(started_at + first_part_ms * interval '1 millisecond') filter (where outcome = 'succeeded')`
    const { rows } = await sql<Row>`
      with requests as (
        select experiment, variant, request_id, count(*) as attempts,
          count(*) filter (where outcome in ('failed', 'unknown')) as failed_attempts,
          bool_or(outcome = 'succeeded') as succeeded,
          bool_or(outcome in ('failed', 'unknown')) and not bool_or(outcome in ('succeeded', 'canceled', 'running')) as failed,
          ${since(ended)} as latency, ${since(begun)} as first_part,
          sum(cost_nano) filter (where not emulated) as cost, sum(cost_nano) filter (where emulated) as emulated_cost,
          count(*) filter (where cost_nano is null) as unknown_cost,
          count(*) filter (where error_code = 'validator_hard_fail') as hard_fails
        from attempts where ${sql.join(conditions, sql` and `)}
        group by experiment, variant, request_id
      ), opinions as (
        select request_id, count(*) as count, sum(score) as sum from feedback
        where request_id in (select request_id from requests) group by request_id
      )
      select experiment, variant, count(*)::float8 as requests,
        (count(*) filter (where succeeded))::float8 as succeeded, (count(*) filter (where failed))::float8 as failed,
        sum(attempts)::float8 as attempts, sum(failed_attempts)::float8 as failed_attempts,
        (avg(latency) filter (where succeeded))::float8 as latency,
        percentile_cont(array[0.5, 0.95]) within group (order by latency) filter (where succeeded)
          as latency_percentiles,
        (avg(first_part) filter (where succeeded))::float8 as first_part,
        percentile_cont(array[0.5, 0.95]) within group (order by first_part)
          filter (where succeeded and first_part is not null) as first_part_percentiles,
        coalesce(sum(cost), 0)::text as cost, coalesce(sum(emulated_cost), 0)::text as emulated_cost,
        sum(unknown_cost)::float8 as unknown_cost, sum(hard_fails)::float8 as hard_fails,
        coalesce(sum(opinions.count), 0)::float8 as feedback_count,
        (sum(opinions.sum) / sum(opinions.count))::float8 as feedback_average
      from requests left join opinions using (request_id)
      group by experiment, variant order by experiment, variant`.execute(database.sql)
    return rows.map((row) => ({
      experiment: row.experiment,
      variant: row.variant,
      requests: row.requests,
      succeeded: row.succeeded,
      failed: row.failed,
      attempts: row.attempts,
      failedAttempts: row.failed_attempts,
      latencyMs: spread(row.latency, row.latency_percentiles),
      firstPartMs: spread(row.first_part, row.first_part_percentiles),
      cost: formatDollars(BigInt(row.cost)),
      emulatedCost: formatDollars(BigInt(row.emulated_cost)),
      unknownCost: row.unknown_cost,
      validatorHardFails: row.hard_fails,
      feedback: { count: row.feedback_count, average: row.feedback_average },
    }))
  }
  return {
    /** By experiment and variant. @throws TurnoutError overloaded */
    read: (filter: OutcomeFilter = {}): Promise<Outcome[]> => answered(read(filter)),
  }
}

export type Outcomes = ReturnType<typeof createOutcomes>
