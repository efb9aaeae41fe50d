import { pipeline } from 'node:stream/promises'
import { VideoContentQuery } from '@turnout/contract'
import type { Opened } from '../../artifacts/types.ts'
import { TurnoutError } from '../../core/error.ts'
import { contentDisposition } from '../../lib/http/disposition.ts'
import { hasTag, parseRange } from '../../lib/http/range.ts'
import type { Exchange } from '../exchange.ts'
import { findVideo } from './find.ts'
import { queryOf } from './query.ts'
import { videoAmong } from './view.ts'

const POLICY = "default-src 'none'; media-src 'self'; sandbox"

/** A part is sent only of what the client has the rest of. */
function rangeOf({ request: { headers } }: Exchange, { etag, size }: Opened) {
  const same = headers['if-range'] === undefined || headers['if-range'] === etag
  return same ? parseRange(headers.range, size) : undefined
}

/** @throws TurnoutError where there are no bytes, or not yet */
async function artifactOf(exchange: Exchange, id: string): Promise<string> {
  const { job } = await findVideo(exchange, id, 'viewer')
  const output = videoAmong(job)
  if (output) return output.artifactId
  if (job.state === 'queued' || job.state === 'running') {
    throw new TurnoutError('invalid_input', `The video is not there yet; ask GET /v1/videos/${id} how far it is.`, {
      status: 409,
    })
  }
  throw new TurnoutError('not_found', `There are no bytes: ${job.error?.message ?? 'nothing was made.'}`)
}

/** `GET /v1/videos/{id}/content`: the bytes out of our own storage. Understands Range, If-Range and If-None-Match. */
export async function videoContent(exchange: Exchange, id: string): Promise<void> {
  const { kept } = exchange.plane
  const variant = queryOf(exchange, VideoContentQuery).variant === 'video' ? 'content' : 'thumbnail'
  const opened = await kept.describe(await artifactOf(exchange, id), variant)
  const { etag, size, mediaType, filename } = opened
  const disposition = contentDisposition('inline', filename)
  const range = rangeOf(exchange, opened)
  const common = [
    'accept-ranges',
    'bytes',
    'etag',
    etag,
    'cache-control',
    'private, max-age=3600',
    'content-disposition',
    disposition,
    'content-security-policy',
    POLICY,
    'x-content-type-options',
    'nosniff',
  ]
  if (hasTag(exchange.request.headers['if-none-match'], etag)) {
    exchange.open(304, common).end()
    return
  }
  if (range === 'unsatisfiable') {
    exchange.tell({ 'content-range': `bytes */${size}` })
    throw new TurnoutError('invalid_input', `The video has ${size} bytes; the range lies outside of them.`, {
      status: 416,
      param: 'range',
    })
  }
  const elsewhere = await kept.address(opened, variant, disposition)
  if (elsewhere !== undefined) {
    exchange.open(302, ['location', elsewhere, 'cache-control', 'no-store', 'content-length', '0']).end()
    return
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const { bytes } = await kept.open(opened, variant, range)
  const response = exchange.open(range ? 206 : 200, [
    ...common,
    'content-type',
    mediaType,
    'content-length',
    String(end - start + 1),
    ...(range ? ['content-range', `bytes ${start}-${end}/${size}`] : []),
  ])
  await pipeline(bytes, response).catch((error: unknown) => {
    if (!response.destroyed) throw new TurnoutError('internal', 'The video could not be read.', { cause: error })
  })
}
