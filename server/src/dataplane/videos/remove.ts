import type { Exchange } from '../exchange.ts'
import { findVideo } from './find.ts'

/** `DELETE /v1/videos/{id}`: of one that is over, with its bytes. */
export async function deleteVideo(exchange: Exchange, id: string): Promise<void> {
  const { principal } = await findVideo(exchange, id, 'user')
  await exchange.plane.jobs.remove(id, { principal })
  exchange.json(JSON.stringify({ id, object: 'video.deleted', deleted: true }))
}
