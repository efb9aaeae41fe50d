import type { ErrorCode } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { readRetryAfter, readShouldRetry } from '../../core/retry-after.ts'

/**
 * OpenAI's own words, which say more than the status beside them: a 429 may be
 * an empty account, a 400 may be moderation.
 * Source: OpenAI's API reference and error guide, read November 2026.
 */
const BY_WORD: Readonly<Record<string, ErrorCode>> = {
  insufficient_quota: 'billing',
  credit_balance_exhausted: 'billing',
  organization_spend_limit_exceeded: 'billing',
  project_spend_limit_exceeded: 'billing',
  organization_usage_limit_exceeded: 'billing',
  billing_hard_limit_reached: 'billing',
  billing_not_active: 'billing',
  moderation_blocked: 'content_policy',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  context_length_exceeded: 'invalid_input',
  invalid_api_key: 'authentication',
  model_not_found: 'model_not_found',
  rate_limit_exceeded: 'rate_limit',
  slow_down: 'rate_limit',
  server_is_overloaded: 'overloaded',
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_input',
  401: 'authentication',
  402: 'billing',
  403: 'permission',
  404: 'model_not_found',
  405: 'invalid_input',
  408: 'timeout',
  409: 'rate_limit',
  410: 'model_retired',
  413: 'invalid_input',
  415: 'invalid_input',
  422: 'invalid_input',
  425: 'rate_limit',
  429: 'rate_limit',
  500: 'upstream_error',
  502: 'upstream_error',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
  530: 'overloaded',
}

interface Said {
  message: string
  word: string | undefined
  type: string | undefined
  param: string | undefined
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

/** What a failed answer says, in whichever of the known shapes: `{error: {…}}`, `{error: "…"}`, `{detail}`, `{message}`, HTML, nothing. */
function readSaid(body: string): Said {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    const plain = /^\s*</.test(body) ? (/<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1] ?? '') : body
    return { message: plain.trim(), word: undefined, type: undefined, param: undefined }
  }
  const outer = (Array.isArray(value) ? value[0] : value) as Record<string, unknown> | null
  const error = outer?.error ?? outer
  if (typeof error === 'string') return { message: error, word: undefined, type: undefined, param: undefined }
  const { message, detail, code, type, param } = (error ?? {}) as Record<string, unknown>
  return {
    message: text(message) ?? text(detail) ?? (detail === undefined ? '' : JSON.stringify(detail)),
    word: text(code) ?? (typeof code === 'number' ? String(code) : undefined),
    type: text(type),
    param: text(param),
  }
}

function codeOf(status: number, { word, type }: Said): ErrorCode {
  const byWord = BY_WORD[word ?? ''] ?? BY_WORD[type ?? '']
  if (byWord) return byWord
  // An error inside an answer of status 200 may carry its status as its code.
  const effective = status >= 400 ? status : Number(word)
  return BY_STATUS[effective] ?? (effective >= 400 && effective < 500 ? 'invalid_input' : 'upstream_error')
}

type Headers = Readonly<Record<string, string>>

/** How an answer is packed although that was not asked for; undefined where it is not. */
function packing(headers: Headers): string | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  return encoding === 'identity' ? undefined : encoding || undefined
}

/**
 * Redirects are not followed: the credential must not go to another host. Of
 * their target the host is told alone, because the rest may hold a secret.
 */
function redirected(status: number, headers: Headers, provider: string): TurnoutError {
  const location = headers.location ?? ''
  const where = URL.canParse(location) ? new URL(location).host : 'another address'
  return new TurnoutError('upstream_error', `${provider} answered with a redirect to ${where}; check its base URL.`, {
    provider,
    upstreamStatus: status,
    upstreamRequestId: headers['x-request-id'],
    retryable: false,
  })
}

/**
 * An answer of an OpenAI-compatible server as an error: a failed status, a
 * redirect, or an error that is reported with a good status. The message is
 * the provider's own, whole, and may hold secrets.
 */
export function openAIError(status: number, headers: Headers, body: string, provider: string): TurnoutError {
  if (status >= 300 && status < 400) return redirected(status, headers, provider)
  const packed = packing(headers)
  const said = readSaid(packed ? '' : body)
  const code = codeOf(status, said)
  const silence = packed ? `a body encoded as ${packed}, which was not asked for` : 'no explanation'
  const explanation =
    said.message || (status >= 400 ? `HTTP status ${status} with ${silence}` : 'an error without an explanation')
  const blame =
    code === 'authentication' ? `${provider} refused the credential it is configured with: ` : `${provider}: `
  return new TurnoutError(code, blame + explanation, {
    provider,
    param: said.param,
    upstreamStatus: status,
    upstreamCode: said.word ?? said.type,
    upstreamRequestId: headers['x-request-id'],
    retryAfterMs: readRetryAfter(headers),
    retryable: readShouldRetry(headers),
  })
}

/**
 * Lets nothing pass but an answer with a good status and a body that can be read.
 *
 * @throws TurnoutError as `openAIError` makes it, invalid_output for a good answer that is packed
 */
export async function requireReadable(response: TransportResponse, provider: string): Promise<void> {
  const { status, headers } = response
  const packed = packing(headers)
  if (status >= 300) {
    const isRead = status >= 400 && packed === undefined
    throw openAIError(status, headers, isRead ? await response.text() : '', provider)
  }
  if (packed === undefined) return
  throw new TurnoutError('invalid_output', `${provider} encoded its answer as ${packed}, which was not asked for.`, {
    provider,
    upstreamStatus: status,
    upstreamRequestId: headers['x-request-id'],
    retryable: false,
  })
}
