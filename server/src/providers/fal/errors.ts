import type { ErrorCode } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { type ErrorReader, errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'

type Headers = Readonly<Record<string, string>>

/**
 * fal's words for what has failed: those of its platform, then those of its
 * models. The words that are not here find fault with the input.
 * Source: fal.ai/docs, Request Error Types and Model Errors, read November 2026.
 */
const BY_TYPE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['request_timeout', 'timeout'],
  ['startup_timeout', 'timeout'],
  ['runner_scheduling_failure', 'overloaded'],
  ['runner_connection_timeout', 'overloaded'],
  ['runner_connection_refused', 'overloaded'],
  ['runner_connection_error', 'overloaded'],
  ['runner_disconnected', 'overloaded'],
  ['runner_incomplete_response', 'upstream_error'],
  ['runner_server_error', 'upstream_error'],
  ['client_disconnected', 'canceled'],
  ['client_cancelled', 'canceled'],
  ['bad_request', 'invalid_input'],
  ['internal_error', 'upstream_error'],
  ['content_policy_violation', 'content_policy'],
  ['generation_timeout', 'timeout'],
  ['internal_server_error', 'upstream_error'],
  ['downstream_service_error', 'upstream_error'],
  ['downstream_service_unavailable', 'overloaded'],
])

interface Detail {
  message: string
  type?: string | undefined
  param?: string | undefined
}

/** `detail` in its three forms: a sentence, an object, or the list of what is wrong with the fields of the input. */
export function readDetail(detail: unknown): Detail {
  if (!Array.isArray(detail)) {
    const inner = isObject(detail) ? detail : {}
    const message = text(detail) ?? text(inner.msg) ?? text(inner.message)
    return { message: message ?? (detail === undefined ? '' : JSON.stringify(detail)), type: text(inner.type) }
  }
  const faults = detail.filter(isObject).map(({ loc, msg, type }) => {
    const path = Array.isArray(loc) ? loc.filter((part) => part !== 'body').join('.') : ''
    const sentence = text(msg) ?? 'not valid'
    return { sentence: path ? `${path}: ${sentence}` : sentence, path, type: text(type) }
  })
  // What says more than that the input is wrong comes first.
  const [first] = faults.toSorted((a, b) => Number(BY_TYPE.has(b.type)) - Number(BY_TYPE.has(a.type)))
  const message = faults.map(({ sentence }) => sentence).join('; ')
  return { message, type: first?.type, param: first?.path || undefined }
}

/** An account that is shut out is told by status 403, like any other lack of permission. */
const locked = (message: string): ErrorCode | undefined =>
  /user is locked/i.test(message) && !/admin lock/i.test(message) ? 'billing' : undefined

function readRetryable(headers: Headers): boolean | undefined {
  // The deadline is the caller's own: another try would meet it as well.
  if (headers['x-fal-request-timeout-type'] === 'user') return false
  const value = headers['x-fal-retryable']?.toLowerCase()
  return value === 'true' ? true : value === 'false' ? false : undefined
}

/** What a failed answer of fal says. */
export function readFalSaid(body: string, status: number, headers: Headers): Said {
  const value = parseJson(body)
  const answer = isObject(value) ? value : {}
  const { message, type, param } = readDetail(answer.detail)
  const word = text(answer.error_type) ?? headers['x-fal-error-type'] ?? type
  return {
    message: message || text(answer.message) || text(answer.error) || (value === undefined ? readPlain(body) : ''),
    code: BY_TYPE.get(word) ?? (status === 403 ? locked(message) : undefined),
    word,
    param,
    requestId: headers['x-fal-request-id'],
    retryable: readRetryable(headers),
  }
}

/** fal's errors of both kinds. */
export const falError: ErrorReader = errorReader(readFalSaid)

/** Statuses that say something of the question, and nothing of the work that was asked for. */
const OF_THE_QUESTION: ReadonlySet<number> = new Set([401, 403, 404, 408, 429])

/** Whether fal speaks, and not a proxy before it. */
const isFal = (headers: Headers, body: string): boolean =>
  headers['x-fal-request-id'] !== undefined ||
  headers['x-fal-error-type'] !== undefined ||
  (parseJson(body) as { detail?: unknown } | null | undefined)?.detail !== undefined

/**
 * How the work has failed, which fal tells by a failed answer to the question
 * for its result. The question itself was answered well: so the status is not
 * that of the error, or it would be asked again. What fal itself has failed at
 * is not charged; what finds fault with the input may be.
 * Source: fal.ai/docs, FAQ, "Do you charge for failed requests?", read November 2026.
 */
export const falResultError: ErrorReader = (status, headers, body, provider) => {
  const error = falError(status, headers, body, provider)
  if (status < 400 || OF_THE_QUESTION.has(status) || !isFal(headers, body)) return error
  return new TurnoutError(error.code, error.message, {
    provider,
    param: error.param,
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs,
    upstreamStatus: 200,
    upstreamCode: error.upstreamCode ?? String(status),
    upstreamRequestId: error.upstreamRequestId,
    providerCost: status >= 500 ? 0n : undefined,
  })
}
