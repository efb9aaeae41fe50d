import type { ErrorCode } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import type { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import {
  codeOfStatus,
  type ErrorReader,
  errorReader,
  parseJson,
  readPlain,
  type Said,
  text,
} from '../shared/failure.ts'

/**
 * What the canonical status words mean. Source: Gemini API troubleshooting
 * guide and google.rpc.Code, read November 2026.
 */
const BY_WORD: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries({
    INVALID_ARGUMENT: 'invalid_input',
    OUT_OF_RANGE: 'invalid_input',
    FAILED_PRECONDITION: 'permission',
    UNAUTHENTICATED: 'authentication',
    PERMISSION_DENIED: 'permission',
    NOT_FOUND: 'model_not_found',
    RESOURCE_EXHAUSTED: 'rate_limit',
    CANCELLED: 'canceled',
    UNIMPLEMENTED: 'capability_missing',
    UNKNOWN: 'upstream_error',
    INTERNAL: 'upstream_error',
    ABORTED: 'upstream_error',
    DATA_LOSS: 'upstream_error',
    UNAVAILABLE: 'overloaded',
    DEADLINE_EXCEEDED: 'timeout',
  } as const),
)

/** Reasons of `google.rpc.ErrorInfo` that say more than the status word. Source: google.api.ErrorReason. */
const BY_REASON: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries({
    API_KEY_INVALID: 'authentication',
    ACCESS_TOKEN_EXPIRED: 'authentication',
    ACCESS_TOKEN_TYPE_UNSUPPORTED: 'authentication',
    CREDENTIALS_MISSING: 'authentication',
    BILLING_DISABLED: 'billing',
    SERVICE_DISABLED: 'permission',
    CONSUMER_SUSPENDED: 'permission',
  } as const),
)

/** The words of `google.rpc.Code` by their numbers, as operations report them. */
const RPC_WORDS: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

type Json = Readonly<Record<string, unknown>>

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** Imagen and Veo refuse a prompt with an INVALID_ARGUMENT whose text alone says why. */
const MODERATED =
  /responsible ai|sensitive words|violat\w* .{0,80}(polic|guideline|terms)|blocked by .{0,40}safety|safety filter/i

const EMPTY_ACCOUNT = /credits? (is|are) depleted|prepayment credit|spend(ing)? (cap|limit)/i

/** A `google.protobuf.Duration`, such as `34.4s`, in milliseconds. */
function milliseconds(duration: unknown): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text(duration) ?? '')?.[1]
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000)
}

function meaning(word: string | undefined, reason: string | undefined, message: string, quotas: string[]) {
  const told = BY_REASON.get(reason ?? '')
  if (told) return told
  if (word === 'RESOURCE_EXHAUSTED') {
    // What is spent for the day is no matter of waiting a moment.
    const isSpent = quotas.some((quota) => /PerDay/i.test(quota)) || EMPTY_ACCOUNT.test(message)
    return isSpent ? 'billing' : 'rate_limit'
  }
  if (word === 'FAILED_PRECONDITION' && /billing/i.test(message)) return 'billing'
  if (word === 'INVALID_ARGUMENT' && /^API key (not valid|expired)/i.test(message)) return 'authentication'
  if ((word === 'INVALID_ARGUMENT' || word === 'FAILED_PRECONDITION') && MODERATED.test(message))
    return 'content_policy'
  return BY_WORD.get(word ?? '')
}

function readSaid(body: string, status: number): Said {
  const value = parseJson(body)
  if (value === undefined) return { message: readPlain(body) }
  // A stream that fails before it begins answers with an array of one.
  const outer: unknown = Array.isArray(value) ? (value as unknown[])[0] : value
  const error = isObject(outer) ? outer.error : undefined
  if (!isObject(error)) return { message: text(error) ?? '' }
  const details = list(error.details)
  const named = (type: string) => details.find((detail) => text(detail['@type'])?.endsWith(`google.rpc.${type}`))
  const number = typeof error.code === 'number' ? error.code : undefined
  const word = text(error.status) ?? (number === undefined ? undefined : RPC_WORDS[number])
  const reason = text(named('ErrorInfo')?.reason)
  const message = text(error.message) ?? ''
  const quotas = list(named('QuotaFailure')?.violations).map(({ quotaId }) => text(quotaId) ?? '')
  return {
    message,
    // An error inside an answer of status 200 carries its status as its code.
    code: meaning(word, reason, message, quotas) ?? codeOfStatus(status >= 400 ? status : (number ?? status)),
    word: reason ?? word,
    param: text(list(named('BadRequest')?.fieldViolations)[0]?.field),
    requestId: text(named('RequestInfo')?.requestId),
    retryAfterMs: milliseconds(named('RetryInfo')?.retryDelay),
  }
}

/**
 * A failed answer of a Google API as an error.
 * Source: google.rpc.Status and its details; Gemini API troubleshooting guide, read November 2026.
 */
export const googleError: ErrorReader = errorReader(readSaid)

/** Words by which an operation was refused; by the others it failed. */
const REFUSALS: ReadonlySet<string> = new Set([
  'INVALID_ARGUMENT',
  'OUT_OF_RANGE',
  'FAILED_PRECONDITION',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'RESOURCE_EXHAUSTED',
])

/**
 * The failure of a long-running operation, a `google.rpc.Status` in an answer
 * of status 200. It is final, so it gets a status that leaves no doubt, and
 * what was not made is not charged.
 */
export function operationError(
  error: Json,
  { headers }: Pick<TransportResponse, 'headers'>,
  provider: string,
): TurnoutError {
  const word = RPC_WORDS[Number(error.code)] ?? 'UNKNOWN'
  const body = JSON.stringify({ error: { ...error, status: word } })
  return googleError(REFUSALS.has(word) ? 400 : 500, headers, body, provider).with({ providerCost: 0n })
}
