import { pipeline } from 'node:stream/promises'
import { TurnoutError } from '../core/error.ts'
import { type Sink, toBase64 } from '../gateway/media/outputs.ts'
import { originOf } from '../lib/http/origin.ts'
import type { AnswerFilter, Exchange } from './exchange.ts'

interface Pictures {
  data: ({ b64_json?: string; url?: string } | null)[]
}

/** Keeps the bytes of pictures here, and answers with links to them. */
export function linkSink({ plane, request }: Exchange): Sink {
  const origin = originOf(request, plane.publicUrl)
  return async (bytes) => {
    if (!(bytes instanceof Uint8Array)) return { url: origin + (await plane.artifacts.link(bytes)) }
    try {
      return { url: origin + (await plane.artifacts.link(bytes)) }
    } catch (error) {
      // It is paid for: as base64 it is better than lost.
      plane.log.error({ err: error }, 'a picture could not be kept; it goes out as base64')
      return toBase64(bytes)
    }
  }
}

/** Replaces the base64 of an answer by links to pictures that are kept here. */
export function linkPictures({ plane, request }: Exchange): AnswerFilter {
  return async (body) => {
    const answer = JSON.parse(body.toString('utf8')) as Pictures
    const origin = originOf(request, plane.publicUrl)
    for (const picture of answer.data) {
      if (typeof picture?.b64_json !== 'string') continue
      try {
        picture.url = origin + (await plane.artifacts.link(Buffer.from(picture.b64_json, 'base64')))
        delete picture.b64_json
      } catch (error) {
        // It is paid for: as base64 it is better than lost.
        plane.log.error({ err: error }, 'a picture could not be kept; it goes out as base64')
      }
    }
    return Buffer.from(JSON.stringify(answer))
  }
}

/** `GET /v1/artifacts/{name}`: the signature of the link stands in for a key. */
export async function fetchArtifact(exchange: Exchange, name: string): Promise<void> {
  const query = new URL(exchange.request.url!, 'http://localhost').searchParams
  const artifact = await exchange.plane.artifacts.open(name, query.get('expires'), query.get('signature'))
  const response = exchange.stream(artifact.mediaType, artifact.size)
  await pipeline(artifact.bytes, response).catch((error: unknown) => {
    if (!response.destroyed) throw new TurnoutError('internal', 'The picture could not be read.', { cause: error })
  })
}
