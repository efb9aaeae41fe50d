import type { CacheStatus, ErrorCode, ValidationVerdict } from '@turnout/contract'

/** What the access log says of one request. */
export interface Access {
  requestId: string
  method: string
  path: string
  status: number
  /** Milliseconds. */
  took: number
  key: string
  model: string
  provider: string
  attempts: number
  /** US dollars; undefined where it is not known. */
  cost: string | undefined
  error: ErrorCode | undefined
  cache: CacheStatus | undefined
  verdict: ValidationVerdict | undefined
}

const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/

/** A JSON string; nearly all that is logged needs no escapes. */
const quoted = (text: string): string => (NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`)

/** A line of the log, in the form of all other lines. It is put together by hand, because every request pays for it. */
export function accessLine(access: Access): string {
  const { requestId, method, path, status, took, key, model, provider, attempts, cost, error, cache, verdict } = access
  const ms = Math.round(took * 10) / 10
  return `{"level":30,"time":${Date.now()},"msg":"request","requestId":"${requestId}","method":"${method}","path":${quoted(path)},"status":${status},"ms":${ms},"key":${quoted(key)},"model":${quoted(model)},"provider":${quoted(provider)},"attempts":${attempts},"cost":${cost === undefined ? null : `"${cost}"`}${error ? `,"error":"${error}"` : ''}${cache ? `,"cache":"${cache}"` : ''}${verdict ? `,"validation":"${verdict.passed ? 'passed' : 'failed'}"` : ''}}\n`
}
