import { VideosQuery } from '@turnout/contract'
import { originOf } from '../../lib/http/origin.ts'
import type { Exchange } from '../exchange.ts'
import { missing } from './find.ts'
import { queryOf } from './query.ts'
import { videoOf } from './view.ts'

/** `GET /v1/videos`: those of the key; an admin's key sees all. */
export async function listVideos(exchange: Exchange): Promise<void> {
  const principal = await exchange.authorize('viewer', false)
  const { jobs, kept, publicUrl } = exchange.plane
  const { limit, after, order } = queryOf(exchange, VideosQuery)
  if (after !== undefined) {
    const last = await jobs.find(after, { principal }).catch(() => undefined)
    if (last?.kind !== 'video') throw missing(after).with({ param: 'after' })
  }
  const found = await jobs.list({ kind: 'video' }, { cursor: after, limit, order }, { principal })
  const shown = await jobs.showAll(found.items, originOf(exchange.request, publicUrl))
  const artifacts = Map.groupBy(await kept.ofJobs(shown.map(({ id }) => id)), ({ jobId }) => jobId)
  const data = shown.map((job) => videoOf(job, artifacts.get(job.id)?.[0]))
  exchange.json(
    JSON.stringify({
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: found.nextCursor !== null,
    }),
  )
}
