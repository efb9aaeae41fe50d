import type { Dispatcher } from 'undici'
import { networkCode, notDelivered } from './pools.ts'

/** A request that got no answer. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string
  /** False when it is certain that the other side has not seen the request. */
  readonly delivered: boolean

  constructor(cause: unknown) {
    const code = networkCode(cause)
    super(code, { cause })
    this.code = code
    this.delivered = !notDelivered(code)
  }
}

export interface HttpAnswer {
  status: number
  /** Lower-case names; a header that came twice is joined by commas. */
  headers: Record<string, string>
  body: Dispatcher.ResponseData['body']
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  headers: Record<string, string>
  body: string | Uint8Array | undefined
  signal: AbortSignal | undefined
  /** The connection is closed after the answer. */
  fresh?: boolean
}

/**
 * One HTTP exchange. Redirects are answers like any other, and nothing is sent twice.
 *
 * @throws NetworkError, or the reason of the signal when that ended it
 */
export async function sendRequest(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  const { fresh, ...rest } = request
  const { signal } = request
  try {
    const answer = await dispatcher.request({ ...rest, reset: fresh === true })
    const headers: Record<string, string> = {}
    for (const name in answer.headers) headers[name] = String(answer.headers[name])
    return { status: answer.statusCode, headers, body: answer.body }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new NetworkError(error)
  }
}
