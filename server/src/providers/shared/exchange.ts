import type { Connection, TransportRequest, TransportResponse } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { type ErrorReader, invalidOutput, isReadable, parseJson, refusalOf } from './failure.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * One exchange with a provider. The headers of the configuration come last, so
 * that a user can set what an adapter does not know of.
 *
 * @throws TurnoutError for every answer that is not a good one, as `readError` makes it
 */
export async function exchange(
  url: string,
  request: Omit<TransportRequest, 'signal'>,
  connection: Connection,
  readError: ErrorReader,
): Promise<TransportResponse> {
  const { method, body } = request
  const headers = { ...request.headers, ...connection.headers }
  const response = await connection.transport(url, { method, headers, body, signal: connection.signal })
  if (isReadable(response)) return response
  throw await refusalOf(response, connection.provider, readError)
}

/**
 * A controller that is aborted with a signal, and may be before. For a signal
 * that lives no longer than its call: the listener stays. `AbortSignal.any`
 * does the same with lists of weak references, which every stream would pay for.
 */
export function following(signal: AbortSignal): AbortController {
  const own = new AbortController()
  if (signal.aborted) own.abort(signal.reason)
  else signal.addEventListener('abort', () => own.abort(signal.reason), { once: true })
  return own
}

/** A JSON body and its content type, in the form that `exchange` takes. */
export const json = (body: unknown, headers: Record<string, string>) => ({
  method: 'POST' as const,
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** The JSON object that an answer is. @throws TurnoutError invalid_output */
export async function readObject(response: TransportResponse, provider: string): Promise<Json> {
  const value = parseJson(await response.text())
  if (isObject(value)) return value
  throw invalidOutput(provider, 'answered something that is not a JSON object', response)
}
