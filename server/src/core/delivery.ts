import type { TurnoutError } from './error.ts'

/**
 * Statuses by which a proxy says that it lost sight of the server behind it:
 * 502 and 504 of any, 520 and 524 of Cloudflare.
 */
const LOST_SIGHT: ReadonlySet<number> = new Set([502, 504, 520, 524])

/** Whether a failure leaves open that the provider has carried the request out. */
export function isAmbiguous(error: TurnoutError): boolean {
  if (!error.delivered) return false
  if (error.upstreamStatus !== undefined && error.upstreamStatus >= 400) return LOST_SIGHT.has(error.upstreamStatus)
  return error.code === 'connection' || error.code === 'timeout'
}

/** Whether a failed attempt may have cost something: it reached the provider, and that did not refuse it. */
export function mayBeBilled(error: TurnoutError): boolean {
  if (!error.delivered) return false
  return error.upstreamStatus === undefined || error.upstreamStatus < 300 || isAmbiguous(error)
}
