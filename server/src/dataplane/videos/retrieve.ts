import type { Exchange } from '../exchange.ts'
import { findVideo, sendVideo } from './find.ts'

/** `GET /v1/videos/{id}` */
export async function retrieveVideo(exchange: Exchange, id: string): Promise<void> {
  const { job } = await findVideo(exchange, id, 'viewer')
  await sendVideo(exchange, job)
}
