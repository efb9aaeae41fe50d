import type { IncomingMessage } from 'node:http'
import { TurnoutError } from '../core/error.ts'
import { JsonError, parseJsonObject } from '../lib/json.ts'

const tooLarge = (limit: number): TurnoutError =>
  new TurnoutError('invalid_input', `The body is larger than ${limit} bytes, which is the limit of this route.`, {
    status: 413,
  })

/**
 * The whole body. One that is too large is refused at once and what still
 * comes is let go by unread, so that the client gets to see the answer; a
 * client that goes on past four times the limit is cut off.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    request.resume()
    return Promise.reject(
      new TurnoutError(
        'invalid_input',
        `content-encoding ${JSON.stringify(encoding)} is not supported; send the body as it is.`,
        {
          status: 415,
        },
      ),
    )
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    if (Number(request.headers['content-length']) > limit) reject(tooLarge(limit))
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else {
        chunks.length = 0
        reject(tooLarge(limit))
        if (size > limit * 4) request.destroy()
      }
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', () => reject(new TurnoutError('canceled', 'The request was broken off.')))
  })
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** The body as a JSON object. @throws TurnoutError invalid_input, 415 for another content type */
export function readJson(contentType: string | undefined, body: Buffer, maxDepth: number): Record<string, unknown> {
  if (!JSON_TYPE.test(contentType ?? '')) {
    const got = contentType === undefined ? 'none was sent' : `not ${JSON.stringify(contentType)}`
    throw new TurnoutError('invalid_input', `The content type must be application/json; ${got}.`, { status: 415 })
  }
  try {
    return parseJsonObject(body, maxDepth)
  } catch (error) {
    if (error instanceof JsonError) throw new TurnoutError('invalid_input', error.message)
    throw error
  }
}
