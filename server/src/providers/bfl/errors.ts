import type { ErrorCode } from '@turnout/contract'
import { isObject } from '../../lib/objects.ts'
import { errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'

/**
 * The statuses in which a task has failed for good. Those that are neither
 * here nor `Ready` (`Pending`, `Reasoning`, `Generating`...) are on their way.
 * Source: BFL's OpenAPI description of 2026-05-01; `Failed` is named by its guides.
 */
export const FAILED: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['Request Moderated', 'content_policy'],
  ['Content Moderated', 'content_policy'],
  ['Error', 'upstream_error'],
  ['Failed', 'upstream_error'],
  ['Task not found', 'not_found'],
])

/** Whose fault it is, where the status alone would say less: 403 is a missing or wrong credential. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = { 403: 'authentication' }

/** The fields at fault and what is wrong with them: `{detail: [{loc: ['body', 'width'], msg}]}`. */
function readDetail(detail: unknown): { message: string; param?: string } {
  if (!Array.isArray(detail)) return { message: text(detail) ?? (detail === undefined ? '' : JSON.stringify(detail)) }
  const faults = detail.filter(isObject).map(({ loc, msg }) => {
    const path = Array.isArray(loc) ? loc.filter((part) => part !== 'body').join('.') : ''
    return { path, sentence: path ? `${path}: ${text(msg) ?? 'not valid'}` : (text(msg) ?? '') }
  })
  return { message: faults.map(({ sentence }) => sentence).join('; '), param: faults[0]?.path || undefined }
}

function readSaid(body: string, status: number): Said {
  const value = parseJson(body)
  if (!isObject(value)) return { message: readPlain(body), code: BY_STATUS[status] }
  const { detail, message, error, retry_after: retryAfter, status: task, id } = value
  const { message: details, param } = readDetail(detail ?? (isObject(value.details) ? value.details : undefined))
  // A task that has failed may be told with a bad status, too.
  const word = text(task)
  const failed = FAILED.get(word)
  return {
    message: details || text(message) || text(error) || (failed && word) || '',
    code: failed ?? BY_STATUS[status],
    word: failed ? word : text(message) && text(error),
    param,
    requestId: text(id),
    retryAfterMs: typeof retryAfter === 'number' && retryAfter >= 0 ? retryAfter * 1000 : undefined,
  }
}

/** BFL's `{detail}` in its two forms, and `{error, message, retry_after}`, as an error. */
export const bflError = errorReader(readSaid)
