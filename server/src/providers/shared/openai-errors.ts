import type { ErrorCode } from '@turnout/contract'
import { codeOfStatus, type ErrorReader, errorReader, parseJson, readPlain, type Said, text } from './failure.ts'

/**
 * OpenAI's own words, which say more than the status beside them: a 429 may be
 * an empty account, a 400 may be moderation.
 * Source: OpenAI's API reference and error guide, read November 2026.
 */
const BY_WORD: ReadonlyMap<string, ErrorCode> = new Map([
  ['insufficient_quota', 'billing'],
  ['credit_balance_exhausted', 'billing'],
  ['organization_spend_limit_exceeded', 'billing'],
  ['project_spend_limit_exceeded', 'billing'],
  ['organization_usage_limit_exceeded', 'billing'],
  ['billing_hard_limit_reached', 'billing'],
  ['billing_not_active', 'billing'],
  ['moderation_blocked', 'content_policy'],
  ['content_policy_violation', 'content_policy'],
  ['content_filter', 'content_policy'],
  ['context_length_exceeded', 'invalid_input'],
  ['invalid_api_key', 'authentication'],
  ['model_not_found', 'model_not_found'],
  ['rate_limit_exceeded', 'rate_limit'],
  ['slow_down', 'rate_limit'],
  ['server_is_overloaded', 'overloaded'],
])

/** What a failed answer says, in whichever of the known shapes: `{error: {…}}`, `{error: "…"}`, `{detail}`, `{message}`, HTML, nothing. */
export function readOpenAISaid(body: string, status: number): Said {
  const value = parseJson(body)
  if (value === undefined) return { message: readPlain(body) }
  const outer = (Array.isArray(value) ? value[0] : value) as Record<string, unknown> | null
  const error = outer?.error ?? outer
  if (typeof error === 'string') return { message: error }
  const { message, detail, code, type, param } = (error ?? {}) as Record<string, unknown>
  const word = text(code) ?? (typeof code === 'number' ? String(code) : undefined)
  const kind = text(type)
  return {
    message: text(message) ?? text(detail) ?? (detail === undefined ? '' : JSON.stringify(detail)),
    // An error inside an answer of status 200 may carry its status as its code.
    code: BY_WORD.get(word ?? '') ?? BY_WORD.get(kind ?? '') ?? codeOfStatus(status >= 400 ? status : Number(word)),
    word: word ?? kind,
    param: text(param),
  }
}

/**
 * An answer of an OpenAI-compatible server as an error: a failed status, a
 * redirect, or an error that is reported with a good status.
 */
export const openAIError: ErrorReader = errorReader(readOpenAISaid)
