import type { MediaPending } from '../core/media.ts'
import { lock } from './parts.ts'
import { type Db, json } from './record.ts'
import type { AttemptRow, JobRow } from './types.ts'

/** What of an answer that is not the last one is kept with the job. */
export const progressOf = ({ progress, queuePosition }: MediaPending) => ({
  progress: progress === undefined ? null : Math.min(1, Math.max(0, progress)),
  queue_position: queuePosition === undefined ? null : Math.max(0, Math.trunc(queuePosition)),
  waiting:
    queuePosition === undefined
      ? null
      : json({ reason: 'provider_queue', detail: `${queuePosition} are served before at the provider.` }),
})

/** The event of it. */
export const told = (type: string, { logs }: MediaPending) => ({ type, ...(logs && logs.length > 0 && { logs }) })

/** Whether a poll says something that was not known; progress is told by whole percents. */
export function isNews(job: JobRow, { progress, queuePosition, logs }: MediaPending): boolean {
  const percent = (value: number | null | undefined) =>
    value === null || value === undefined ? -1 : Math.floor(value * 100)
  return (
    percent(progress) !== percent(job.progress) ||
    (queuePosition ?? null) !== job.queue_position ||
    (logs !== undefined && logs.length > 0)
  )
}

/** Whether the provider has called back since the attempt was looked at, so that it is known after all. */
export async function isAcceptedByNow(db: Db, attempt: AttemptRow): Promise<boolean> {
  if (attempt.operation !== null) return false
  await lock(db, attempt.job_id)
  const { operation } = await db
    .selectFrom('job_attempts')
    .select('operation')
    .where('id', '=', attempt.id)
    .executeTakeFirstOrThrow()
  return operation !== null
}
