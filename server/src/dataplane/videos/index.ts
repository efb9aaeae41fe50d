import type { Exchange } from '../exchange.ts'
import { videoContent } from './content.ts'
import { createVideo } from './create.ts'
import { listVideos } from './list.ts'
import { deleteVideo } from './remove.ts'
import { retrieveVideo } from './retrieve.ts'

type Route = (exchange: Exchange) => Promise<void>
type Routes = Readonly<Record<string, Route>>

export const VIDEOS = '/v1/videos'
const ONE = /^\/v1\/videos\/([\w.-]{1,100})(\/content)?$/

const ALL: Routes = { POST: createVideo, GET: listVideos }

/** What can be done at a path of videos, by method; undefined where it is none. */
export function videoRoutes(path: string): Routes | undefined {
  if (!path.startsWith(VIDEOS)) return undefined
  if (path === VIDEOS) return ALL
  const [, id, content] = ONE.exec(path) ?? []
  if (id === undefined) return undefined
  if (content) return { GET: (exchange) => videoContent(exchange, id) }
  return { GET: (exchange) => retrieveVideo(exchange, id), DELETE: (exchange) => deleteVideo(exchange, id) }
}
