import type { ErrorCode } from '@turnout/contract'
import { isObject } from '../../lib/objects.ts'
import { errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'

/**
 * Names that say more than the status beside them.
 * Source: Stability AI REST API reference (v2beta), read November 2026.
 */
const BY_NAME: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['content_moderation', 'content_policy'],
  ['public_figure', 'content_policy'],
  ['invalid_language', 'invalid_input'],
  ['payload_too_large', 'invalid_input'],
  ['rate_limit_exceeded', 'rate_limit'],
])

/** Who has sent too much is shut out for a minute; no header says so. */
const TIMED_OUT_MS = 60_000

function readSaid(body: string, status: number, headers: Readonly<Record<string, string>>): Said {
  const value = parseJson(body)
  if (!isObject(value)) return { message: readPlain(body), retryAfterMs: status === 429 ? TIMED_OUT_MS : undefined }
  const { id, name, errors, message } = value
  const word = text(name)
  const sentences = Array.isArray(errors) ? errors.filter((sentence) => typeof sentence === 'string') : []
  const first = /^([\w-]+): /.exec(sentences[0] ?? '')
  return {
    message: sentences.join(' ') || text(message) || word || '',
    code: BY_NAME.get(word),
    word,
    param: status === 400 ? first?.[1] : undefined,
    requestId: headers['x-request-id'] ?? text(id),
    retryAfterMs: status === 429 ? TIMED_OUT_MS : undefined,
  }
}

/** `{id, name, errors[]}` as an error. */
export const stabilityError = errorReader(readSaid)
