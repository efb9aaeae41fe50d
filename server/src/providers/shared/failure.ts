import type { ErrorCode } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { readRetryAfter, readShouldRetry } from '../../core/retry-after.ts'

type Headers = Readonly<Record<string, string>>

/** A failed answer as an error that clients can be told. Its message is the provider's own, whole, and may hold secrets. */
export type ErrorReader = (status: number, headers: Headers, body: string, provider: string) => TurnoutError

/** What a failed answer says, before its status is asked. */
export interface Said {
  message: string
  /** What its words mean, where they say more than the status. */
  code?: ErrorCode | undefined
  /** The provider's own code. */
  word?: string | undefined
  /** The field that is at fault. */
  param?: string | undefined
  requestId?: string | undefined
  retryAfterMs?: number | undefined
  retryable?: boolean | undefined
}

/** What statuses mean where the body says nothing better. */
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
  499: 'canceled',
  500: 'upstream_error',
  502: 'upstream_error',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
  530: 'overloaded',
}

/** The meaning of a status alone. */
export const codeOfStatus = (status: number): ErrorCode =>
  BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_input' : 'upstream_error')

/** A text that says something, trimmed. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

/** A body as JSON; undefined where it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

/**
 * The JSON of an event of a stream; undefined for words of another kind.
 *
 * @throws TurnoutError invalid_output for JSON that is damaged: what it held is lost
 */
export function parseEvent(data: string, provider: string, response: TransportResponse): unknown {
  const value = parseJson(data)
  if (value === undefined && data.trimStart().startsWith('{')) {
    throw invalidOutput(provider, 'sent a damaged piece of its answer', response)
  }
  return value
}

/** How much of a page is looked through for its title: the search takes the square of it. */
const MOST_OF_PAGE = 4_096

/** JSON without a word in it. */
const WORDLESS = /^\s*(?:null|true|false|""|\{\s*\}|\[\s*\])\s*$/

/** What a body that is no JSON object says: the title of a page, or the text itself. */
export function readPlain(body: string): string {
  if (WORDLESS.test(body)) return ''
  const isPage = /^\s*</.test(body)
  const title = isPage ? (/<title[^>]*>([^<]*)<\/title>/i.exec(body.slice(0, MOST_OF_PAGE))?.[1] ?? '') : body
  return title.trim()
}

/** The most that is read of a failed answer, in bytes: errors are short, and what goes on without end is none. */
const MOST_OF_ERROR = 64 * 1024

/** A failed answer as text. One that is too long is left, which ends its connection, and what has come of it is read. */
async function readErrorBody({ body }: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= MOST_OF_ERROR) break
  }
  return Buffer.concat(chunks).subarray(0, MOST_OF_ERROR).toString()
}

/** How an answer is packed although that was not asked for; undefined where it is not. */
function packing(headers: Headers): string | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  return encoding === 'identity' ? undefined : encoding || undefined
}

const requestIdOf = (headers: Headers): string | undefined =>
  headers['x-request-id'] ?? headers['request-id'] ?? headers['x-amzn-requestid']

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
    upstreamRequestId: requestIdOf(headers),
    retryable: false,
  })
}

/**
 * The reader of a provider's errors, made of what is special about them:
 * `read` tells what a body says; its status, redirects, packed bodies, retry
 * hints in headers and empty bodies are the same for all.
 */
export function errorReader(read: (body: string, status: number, headers: Headers) => Said): ErrorReader {
  return (status, headers, body, provider) => {
    if (status >= 300 && status < 400) return redirected(status, headers, provider)
    const packed = packing(headers)
    const said: Said = packed ? { message: '' } : read(body, status, headers)
    const code = said.code ?? codeOfStatus(status)
    const silence = packed ? `a body encoded as ${packed}, which was not asked for` : 'no explanation'
    const explanation =
      said.message || (status >= 400 ? `HTTP status ${status} with ${silence}` : 'an error without an explanation')
    const blame =
      code === 'authentication' ? `${provider} refused the credential it is configured with: ` : `${provider}: `
    return new TurnoutError(code, blame + explanation, {
      provider,
      param: said.param,
      upstreamStatus: status,
      upstreamCode: said.word,
      upstreamRequestId: said.requestId ?? requestIdOf(headers),
      retryAfterMs: readRetryAfter(headers) ?? said.retryAfterMs,
      retryable: said.retryable ?? readShouldRetry(headers),
    })
  }
}

/** Whether an answer has a good status and a body that can be read; else `refusalOf` says what it means. */
export const isReadable = ({ status, headers }: TransportResponse): boolean =>
  status < 300 && packing(headers) === undefined

/** What an answer that cannot be used means: as `readError` makes it, invalid_output for a good one that is packed. */
export async function refusalOf(
  response: TransportResponse,
  provider: string,
  readError: ErrorReader,
): Promise<TurnoutError> {
  const { status, headers } = response
  const packed = packing(headers)
  if (status < 300)
    return invalidOutput(provider, `encoded its answer as ${packed}, which was not asked for`, response, false)
  const isRead = status >= 400 && packed === undefined
  return readError(status, headers, isRead ? await readErrorBody(response) : '', provider)
}

/** A good status with an answer that cannot be understood. `retryable: false` where it has been paid for. */
export function invalidOutput(
  provider: string,
  what: string,
  { status, headers }: Pick<TransportResponse, 'status' | 'headers'>,
  retryable?: boolean,
): TurnoutError {
  return new TurnoutError('invalid_output', `${provider} ${what}.`, {
    provider,
    upstreamStatus: status,
    upstreamRequestId: requestIdOf(headers),
    retryable,
  })
}
