import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { MediaPending, RemoteOperation } from '../../core/media.ts'
import { memoised } from '../../lib/memoised.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'

type Json = Readonly<Record<string, unknown>>

/** What must be known of a call when its result is read. */
export interface Asked {
  /** Of a file that does not tell. */
  mediaType: string
  /** How long a video was asked for. */
  seconds?: number
  warnings: string[]
}

/** A request that is in fal's queue, in what is stored of it. */
export interface FalOperation extends Asked {
  requestId: string
  statusUrl: string
  responseUrl: string
  cancelUrl?: string
  /** How many lines of its log have been handed on. */
  logs: number
}

/** With the slash that ends the host, so that a text which begins so leads nowhere else. */
const HOME = 'https://queue.fal.run/'
const hostOf = memoised((url) => `${new URL(url).origin}/`)

/**
 * Lets the credential go nowhere else than to fal's queue and to the configured address.
 *
 * @param isStored It was trusted when the work began: what has changed since is the configuration, and nothing is said
 *   of the work.
 * @throws TurnoutError invalid_output; permission for one that is stored
 */
export function requireTrusted(url: string, { baseUrl, provider }: Connection, isStored = false): string {
  if (url.startsWith(HOME) || url.startsWith(hostOf(baseUrl))) return url
  const { origin, host } = URL.parse(url) ?? { origin: '', host: 'no address' }
  if (`${origin}/` === HOME || `${origin}/` === hostOf(baseUrl)) return url
  throw new TurnoutError(
    isStored ? 'permission' : 'invalid_output',
    `${provider} named ${host} as the place to ask for the result; the credential is not sent there.`,
    { provider, retryable: false },
  )
}

/** What the queue answers to a request: paid for from here on. @throws TurnoutError invalid_output */
export function readAccepted(
  answer: Json,
  asked: Asked,
  response: TransportResponse,
  connection: Connection,
): FalOperation {
  const requestId = text(answer.request_id)
  const statusUrl = text(answer.status_url)
  const responseUrl = text(answer.response_url)
  if (requestId === undefined || statusUrl === undefined || responseUrl === undefined) {
    const what = 'accepted the request without saying where to ask for its result'
    throw invalidOutput(connection.provider, what, response, false)
  }
  const cancelUrl = text(answer.cancel_url)
  return {
    requestId,
    // They are not built here: they lack the last part of some endpoints' ids.
    statusUrl: requireTrusted(statusUrl, connection),
    responseUrl: requireTrusted(responseUrl, connection),
    ...(cancelUrl !== undefined && { cancelUrl: requireTrusted(cancelUrl, connection) }),
    logs: 0,
    ...asked,
  }
}

function isOperation(operation: RemoteOperation): operation is RemoteOperation & FalOperation {
  return (
    typeof operation.requestId === 'string' &&
    typeof operation.statusUrl === 'string' &&
    typeof operation.responseUrl === 'string' &&
    typeof operation.logs === 'number' &&
    typeof operation.mediaType === 'string' &&
    Array.isArray(operation.warnings)
  )
}

/** @throws TurnoutError internal for an operation that is none of this adapter's */
export function readOperation(operation: RemoteOperation, provider: string): FalOperation {
  if (isOperation(operation)) return operation
  throw new TurnoutError('internal', `The stored operation is none of ${provider}.`, { provider })
}

/**
 * Whether a request still waits or runs. Of one that has failed or was
 * canceled, too, the question for its result tells what became of it.
 */
export const isUnderway = ({ status }: Json, response: TransportResponse): boolean =>
  status === 'IN_QUEUE' || status === 'IN_PROGRESS' || (response.status === 202 && status !== 'COMPLETED')

/** Where a request stands in the queue. */
export const queuePosition = ({ queue_position: position }: Json): { queuePosition?: number } =>
  typeof position === 'number' && position >= 0 ? { queuePosition: position } : {}

const messagesOf = (logs: unknown): string[] =>
  (Array.isArray(logs) ? logs : []).map((line: unknown) => (isObject(line) ? (text(line.message) ?? '') : String(line)))

/** A request that is not done yet, with the lines of its log that are new since the last poll. */
export function pendingOf(answer: Json, operation: FalOperation, pollAfterMs: number): MediaPending {
  const messages = messagesOf(answer.logs)
  const logs = messages.slice(operation.logs).filter((message) => message !== '')
  return {
    status: 'pending',
    operation: { ...operation, logs: Math.max(operation.logs, messages.length) },
    pollAfterMs,
    ...queuePosition(answer),
    ...(logs.length > 0 && { logs }),
    upstreamRequestId: operation.requestId,
  }
}
