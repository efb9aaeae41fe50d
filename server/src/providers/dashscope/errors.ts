import type { ErrorCode } from '@turnout/contract'
import { type ErrorReader, errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/**
 * DashScope's words, by how they begin; both its own API and the compatible
 * one use them, the latter partly in snake case.
 * Source: Alibaba Cloud Model Studio, "Error codes", read November 2026.
 */
const BY_WORD: readonly [RegExp, ErrorCode][] = [
  [/^Arrearage/i, 'billing'],
  [/^AllocationQuota\.FreeTierOnly/i, 'billing'],
  [/data_?inspection_?failed/i, 'content_policy'],
  [/^(Invalid|incorrect)_?ApiKey|^invalid_api_key/i, 'authentication'],
  [/^Model\.AccessDenied/i, 'model_not_enabled'],
  [/^AccessDenied/i, 'permission'],
  [/^Model_?NotFound|^model_not_found/i, 'model_not_found'],
  [/^Model_?Serving_?Error|^ServiceUnavailable/i, 'overloaded'],
  [/^RequestTimeOut/i, 'timeout'],
  [/^InternalError/i, 'upstream_error'],
  [/^InvalidParameter|^InvalidURL|^InvalidFile/i, 'invalid_input'],
]

/** A quota that is used up may be one of the minute or one that was paid for. */
const QUOTA = /^Throttling|^insufficient_quota|^LimitRequests/i
const USED_UP = /\b(free|trial|balance|bill(ed|ing)?|recharge|purchase)\b/i

/** A request without the header that a model wants is told as one that lacks a right. */
const NOT_AT_ONCE = /does not support (a)?synchronous calls/i

/** What one of DashScope's words means; undefined for a word that is not known. */
export function meaningOf(word: string | undefined, message: string): ErrorCode | undefined {
  if (word === undefined) return undefined
  if (NOT_AT_ONCE.test(message)) return 'invalid_input'
  if (QUOTA.test(word)) {
    const mayBePaid = /AllocationQuota|insufficient_quota/i.test(word)
    return mayBePaid && USED_UP.test(message) ? 'billing' : 'rate_limit'
  }
  return BY_WORD.find(([pattern]) => pattern.test(word))?.[1]
}

function read(body: string, status: number): Said {
  const value = parseJson(body) as Record<string, unknown> | null | undefined
  if (value === undefined) return { message: readPlain(body) }
  const requestId = text(value?.request_id)
  if (value?.error) {
    const said = readOpenAISaid(body, status)
    return { ...said, code: meaningOf(said.word, said.message) ?? said.code, requestId }
  }
  const word = text(value?.code)
  const message = text(value?.message) ?? ''
  return { message, word, code: meaningOf(word, message), requestId }
}

/** Answers `{code, message, request_id}` and, on the compatible endpoints, `{error: {…}, request_id}`. */
export const dashscopeError: ErrorReader = errorReader(read)
