import type { Job, Role } from '@turnout/contract'
import type { Principal } from '../../access/types.ts'
import { TurnoutError } from '../../core/error.ts'
import { originOf } from '../../lib/http/origin.ts'
import type { Exchange } from '../exchange.ts'
import { tellOf, videoOf } from './view.ts'

export const missing = (id: string) => new TurnoutError('not_found', `There is no video with the id "${id}".`)

/** The job of a video, for those who may see it. @throws TurnoutError */
export async function findVideo(
  exchange: Exchange,
  id: string,
  role: Role,
): Promise<{ job: Job; principal: Principal }> {
  const principal = await exchange.authorize(role, false)
  const { jobs, publicUrl } = exchange.plane
  const row = await jobs.find(id, { principal }).catch((error: unknown) => {
    throw error instanceof TurnoutError && error.code === 'not_found' ? missing(id) : error
  })
  if (row.kind !== 'video') throw missing(id)
  const job = await jobs.show(row, originOf(exchange.request, publicUrl))
  tellOf(job, exchange)
  return { job, principal }
}

/** Answers with the video as it is now. */
export async function sendVideo(exchange: Exchange, job: Job): Promise<void> {
  const [artifact] = await exchange.plane.kept.ofJobs([job.id])
  exchange.json(JSON.stringify(videoOf(job, artifact)))
}
