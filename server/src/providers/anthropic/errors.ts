import type { ErrorCode } from '@turnout/contract'
import { isObject } from '../../lib/objects.ts'
import { codeOfStatus, errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'

/**
 * What Anthropic's `error.type` means.
 * Source: Anthropic's page of errors, read November 2026.
 */
const BY_TYPE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['invalid_request_error', 'invalid_input'],
  ['authentication_error', 'authentication'],
  ['billing_error', 'billing'],
  ['permission_error', 'permission'],
  ['not_found_error', 'model_not_found'],
  ['request_too_large', 'invalid_input'],
  ['rate_limit_error', 'rate_limit'],
  ['api_error', 'upstream_error'],
  ['timeout_error', 'timeout'],
  ['overloaded_error', 'overloaded'],
])

/** What `error.details.error_code` means, where it says more: a 429 may be a spending limit that no waiting lifts. */
const BY_CODE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['enforced_spend_limit_reached', 'billing'],
  ['contract_spend_limit_reached', 'billing'],
  ['linked_organization_spend_limit_reached', 'billing'],
  ['linked_organization_billing_unavailable', 'billing'],
  ['organization_on_hold', 'permission'],
])

/** An account without credit, and a limit that was set for it, come as a plain 400. */
const BILLING = /credit balance is too low|spend(ing)? limit|enforced_spend_limit_reached|specified .*usage limit/i
const CONTENT_POLICY = /content filtering policy/i

function codeOf(message: string, type: string | undefined, code: string | undefined, status: number): ErrorCode {
  const named = BY_CODE.get(code)
  if (named) return named
  if (BILLING.test(message)) return 'billing'
  if (CONTENT_POLICY.test(message)) return 'content_policy'
  // A client error without a type of its own is an `invalid_request_error` too: there the status says more.
  const byType = BY_TYPE.get(type)
  return byType && (byType !== 'invalid_input' || status < 400) ? byType : codeOfStatus(status)
}

/** What a failed answer says: `{type: "error", error: {type, message, details?}, request_id}`. */
export function readAnthropicSaid(body: string, status: number): Said {
  const value = parseJson(body)
  if (!isObject(value)) return { message: readPlain(body) }
  const error = isObject(value.error) ? value.error : value
  const message = text(error.message) ?? ''
  const type = text(error.type)
  const details = isObject(error.details) ? error.details : {}
  const errorCode = text(details.error_code)
  return {
    message,
    code: codeOf(message, type, errorCode, status),
    word: errorCode ?? type,
    requestId: text(value.request_id),
  }
}

/** An answer of Anthropic's API as an error: a failed status, a redirect, or an event within a stream. */
export const anthropicError = errorReader(readAnthropicSaid)
