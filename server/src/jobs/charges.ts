import type { Operation } from '@turnout/contract'
import { sql } from 'kysely'
import { type Db, json } from './record.ts'
import type { AttemptEnd, JobRequest, JobRow, Placement } from './types.ts'

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

/** Opens the record of an attempt in the ledger and reserves what it is expected to cost. */
export async function reserve(
  db: Db,
  job: JobRow,
  attempt: { id: string; number: number },
  placement: Placement,
  quoted: bigint | null,
): Promise<void> {
  const number = job.parent_id === null ? attempt.number : await nextOf(db, job.request_id)
  await db
    .with('recorded', (query) =>
      query.insertInto('attempts').values({
        id: attempt.id,
        request_id: job.request_id,
        attempt: number,
        operation: (job.request as JobRequest).image?.operation ?? OPERATIONS[job.kind],
        model: placement.deployment,
        provider: placement.provider,
        upstream_model: placement.upstreamModel,
        key_id: job.key_id,
        user_id: job.user_id,
        started_at: new Date(),
        streamed: false,
        outcome: 'running',
        usage: '{}',
        emulated: placement.emulated,
        experiment: placement.assignment?.experiment ?? null,
        variant: placement.assignment?.variant ?? null,
        writer: WRITER,
      }),
    )
    .insertInto('job_charges')
    .values({ attempt_id: attempt.id, kind: 'reserve', amount_nano: quoted })
    .execute()
}

/** Parts of a job are one request, whose attempts are numbered together; the lock on the whole keeps them apart. */
async function nextOf(db: Db, requestId: string): Promise<number> {
  const { count } = await db
    .selectFrom('attempts')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('request_id', '=', requestId)
    .executeTakeFirstOrThrow()
  return count + 1
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
 * Books what an attempt came to: once, however often it is asked for. What is
 * learnt after that, of an outcome that was unknown, is booked beside it as
 * the reconciliation, once as well.
 */
export async function settle(db: Db, attemptId: string, end: AttemptEnd): Promise<void> {
  if (!(await book(db, attemptId, 'settle', end))) await book(db, attemptId, 'reconcile', end)
}

/** Whether it was not booked before; the charge and the ledger change together. */
async function book(db: Db, attemptId: string, kind: 'settle' | 'reconcile', end: AttemptEnd): Promise<boolean> {
  const booked = await db
    .with('charged', (query) =>
      query
        .insertInto('job_charges')
        .values({ attempt_id: attemptId, kind, amount_nano: end.cost })
        .onConflict((conflict) => conflict.columns(['attempt_id', 'kind']).doNothing())
        .returning('attempt_id'),
    )
    .with('recorded', (query) =>
      query
        .updateTable('attempts')
        .from('charged')
        .set({
          outcome: OUTCOMES[end.state],
          error_code: end.error?.code ?? null,
          usage: json(end.usage),
          cost_nano: end.cost,
          latency_ms: sql<number>`greatest(0, extract(epoch from clock_timestamp() - started_at) * 1000)::int`,
          upstream_request_id: end.upstreamRequestId ?? null,
        })
        .whereRef('id', '=', 'charged.attempt_id'),
    )
    .selectFrom('charged')
    .select('attempt_id')
    .executeTakeFirst()
  return booked !== undefined
}
