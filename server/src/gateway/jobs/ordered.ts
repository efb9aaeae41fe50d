import type { Job } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { isAway } from '../../core/trouble.ts'
import type { JobRow } from '../../jobs/types.ts'
import type { Jobs } from './service.ts'

/**
 * A job as it is shown to whoever has just ordered it: it is stored, and goes
 * on, even where the database cannot say more of it.
 *
 * @throws TurnoutError that names it
 */
export async function showOrdered(jobs: Pick<Jobs, 'show'>, job: JobRow, baseUrl: string): Promise<Job> {
  try {
    return await jobs.show(job, baseUrl)
  } catch (thrown) {
    if (!isAway(thrown)) throw thrown
    const message = `The job ${job.id} is stored, but the database does not answer right now; GET /api/jobs/${job.id} will tell what became of it.`
    throw new TurnoutError('overloaded', message, { retryable: job.idempotency_key !== null, cause: thrown })
  }
}
