import type { Operation } from '@turnout/contract'
import { sql } from 'kysely'
import { addCosts, addUsage } from '../core/usage.ts'
import { type Also, type Db, json } from './record.ts'
import type { AttemptEnd, AttemptRow, JobRequest, JobRow, Placement } from './types.ts'

/**
 * The writer of the attempts of jobs in the ledger. It never dies, so that
 * nobody closes what is still under way: that is decided by the job alone.
 */
const WRITER = 'jobs'

const OPERATIONS: Readonly<Record<JobRow['kind'], Operation>> = {
  text: 'text.generate',
  image: 'image.generate',
  video: 'video.generate',
}

/**
 * With the change of its job: writes down an attempt that is about to be sent,
 * opens its record in the ledger and reserves what it is expected to cost.
 */
export const beginning =
  (job: JobRow, attempt: AttemptRow, { upstreamModel, emulated, assignment }: Placement, quoted: bigint | null): Also =>
  (query) => {
    const { id, number, deployment, provider, state, payload_hash, started_at } = attempt
    const operation = (job.request as JobRequest).image?.operation ?? OPERATIONS[job.kind]
    // Parts of a job are one request, whose attempts are numbered together; the lock on the whole keeps them apart.
    const place =
      job.parent_id === null
        ? sql`${number}::int`
        : sql`(select count(*)::int + 1 from attempts where request_id = ${job.request_id})`
    return query
      .with(
        'attempt',
        () => sql<object>`(
          insert into job_attempts (id, job_id, number, deployment, provider, upstream_model, state, payload_hash, started_at)
          select ${id}, id, ${number}, ${deployment}, ${provider}, ${upstreamModel}, ${state}, ${payload_hash}, ${started_at}
          from changed)`,
      )
      .with(
        'recorded',
        () => sql<object>`(
          insert into attempts (id, request_id, attempt, operation, model, provider, upstream_model, key_id, user_id,
            started_at, streamed, outcome, emulated, experiment, variant, writer)
          select ${id}, request_id, ${place}, ${operation}, ${deployment}, ${provider}, ${upstreamModel}, key_id, user_id,
            ${started_at}, false, 'running', ${emulated}, ${assignment?.experiment ?? null},
            ${assignment?.variant ?? null}, ${WRITER}
          from changed)`,
      )
      .with(
        'reserved',
        () => sql<object>`(
          insert into job_charges (attempt_id, kind, amount_nano) select ${id}, 'reserve', ${quoted} from changed)`,
      )
  }

const OUTCOMES = {
  succeeded: 'succeeded',
  not_delivered: 'failed',
  refused: 'failed',
  failed: 'failed',
  canceled: 'canceled',
  unknown: 'unknown',
} as const

/**
 * With the change of its job: ends an attempt and books what it came to, once.
 * What is learnt after that, of an outcome that was unknown, is booked beside
 * it as the reconciliation, once as well.
 */
export const ending =
  (attempt: AttemptRow, end: AttemptEnd): Also =>
  (query) => {
    const { id } = attempt
    // It may have been told when the work was accepted, and not again.
    const upstreamRequestId = end.upstreamRequestId ?? attempt.upstream_request_id
    const kind =
      end.state === 'unknown'
        ? sql`'settle'`
        : sql`case when exists (select from job_charges where attempt_id = ${id} and kind = 'settle') then 'reconcile' else 'settle' end`
    return query
      .with(
        'ended',
        // What the provider gave to fetch is fetched or gone; its address may hold a secret.
        () => sql<{ id: string }>`(
          update job_attempts set state = ${end.state}, finished_at = now(), result = null,
            error = ${end.error ? json(end.error) : null}, reported_nano = ${end.reported ?? attempt.reported_nano},
            upstream_request_id = ${upstreamRequestId},
            accepted_at = case when ${end.made === true} then coalesce(accepted_at, now()) else accepted_at end
          from changed where job_attempts.id = ${id} and job_attempts.job_id = changed.id
          returning job_attempts.id)`,
      )
      .with(
        'charged',
        () => sql<object>`(
          insert into job_charges (attempt_id, kind, amount_nano) select id, ${kind}, ${end.cost} from ended
          on conflict do nothing)`,
      )
      .with(
        'recorded',
        () => sql<object>`(
          update attempts set outcome = ${OUTCOMES[end.state]}, error_code = ${end.error?.code ?? null},
            usage = ${json(end.usage)}, cost_nano = ${end.cost}, upstream_request_id = ${upstreamRequestId},
            latency_ms = greatest(0, extract(epoch from clock_timestamp() - started_at) * 1000)::int
          from ended where attempts.id = ended.id and outcome in ('running', 'unknown'))`,
      )
  }

/** An attempt as it is after its `ending` at that time. */
export const ended = (attempt: AttemptRow, end: AttemptEnd, at: Date | null): AttemptRow => ({
  ...attempt,
  state: end.state,
  finished_at: at,
  result: null,
  error: end.error ?? null,
  reported_nano: end.reported ?? attempt.reported_nano,
  upstream_request_id: end.upstreamRequestId ?? attempt.upstream_request_id,
  accepted_at: end.made === true ? (attempt.accepted_at ?? at) : attempt.accepted_at,
})

/** What all attempts of a job came to, with one that ends just now: null where one of them is not known. */
export async function sumOf(
  db: Db,
  jobId: string,
  ended: { row: AttemptRow; end: AttemptEnd } | undefined,
): Promise<Pick<AttemptEnd, 'cost' | 'usage'>> {
  const rows = await db
    .selectFrom('job_attempts')
    .innerJoin('attempts', 'attempts.id', 'job_attempts.id')
    .select(['attempts.cost_nano as cost', 'attempts.usage'])
    .where('job_attempts.job_id', '=', jobId)
    .where('job_attempts.id', '<>', ended?.row.id ?? '')
    .execute()
  const all = ended ? [...rows, ended.end] : rows
  return { cost: addCosts(all.map(({ cost }) => cost)), usage: addUsage(all.map(({ usage }) => usage)) }
}
