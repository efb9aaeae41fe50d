import type { Kysely } from 'kysely'
import { readRetryAfter } from '../../core/retry-after.ts'
import type { Tables } from '../../db/tables.ts'
import type { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import type { Claimed } from './claim.ts'
import { bodyOf, signedHeaders } from './message.ts'
import { nextWait } from './schedule.ts'
import type { WebhookSecrets } from './secrets.ts'
import { type AfterFailure, type AttemptResult, disableGone, hasMoved, settle } from './settle.ts'

const TIMEOUT_MS = 15_000
/** How much of an answer is kept to be shown. */
const EXCERPT_BYTES = 500
const GONE = 410

export interface DeliveryTools {
  db: Kysely<Tables>
  fetcher: Pick<SafeFetcher, 'post'>
  secrets: WebhookSecrets
  /** The clock of signatures, in epoch milliseconds. */
  now: () => number
  /** How far that clock is ahead of the database's. */
  aheadMs: () => number
  /** A number in [0, 1). */
  random: () => number
  timeoutMs?: number
}

/**
 * Makes one attempt at a delivery and stores what came of it.
 * @throws what the database failed with, or the reason of the signal; then the attempt came to nothing that is known
 */
export async function deliver(tools: DeliveryTools, claimed: Claimed, signal: AbortSignal): Promise<void> {
  const { db, aheadMs } = tools
  const began = performance.now()
  const finish = (result: Omit<AttemptResult, 'latencyMs'>, next: AfterFailure | undefined) =>
    settle(db, claimed, { latencyMs: Math.round(performance.now() - began), ...result }, next, aheadMs())

  const unwanted = reasonAgainst(claimed)
  if (unwanted !== undefined) return finish({ status: null, error: unwanted, response: null }, 'give up')
  const answer = await post(tools, claimed, signal)
  if ('failure' in answer) {
    return finish({ status: null, error: answer.failure, response: null }, afterFailure(tools, claimed, undefined))
  }
  const { status, headers, response } = answer
  if (status >= 200 && status < 300) return finish({ status, error: null, response }, undefined)
  const error = `The receiver answered with the status ${status}.`
  if (status !== GONE || (await hasMoved(db, claimed))) {
    const retryAfterMs = readRetryAfter(headers, tools.now())
    return finish({ status, error, response }, afterFailure(tools, claimed, retryAfterMs))
  }
  await finish({ status, error, response }, 'give up')
  if (claimed.endpoint_id !== null) await disableGone(db, claimed.endpoint_id, claimed.url)
}

/** Why an endpoint is not to be sent this; a test is for those, too, that are not enabled yet. */
function reasonAgainst({ endpoint_id, enabled, type }: Claimed): string | undefined {
  if (endpoint_id === null) return undefined
  if (enabled === null) return 'The endpoint was deleted.'
  return enabled || type === 'webhook.test' ? undefined : 'The endpoint was disabled.'
}

function afterFailure({ random }: DeliveryTools, { type, tries }: Claimed, retryAfterMs: number | undefined) {
  // Somebody waits for the result of a test, and nobody for a later one.
  const waitMs = type === 'webhook.test' ? null : nextWait(tries, retryAfterMs, random())
  return waitMs === null ? 'give up' : { waitMs }
}

type Posted = { status: number; headers: Record<string, string>; response: string } | { failure: string }

async function post(tools: DeliveryTools, claimed: Claimed, signal: AbortSignal): Promise<Posted> {
  const { fetcher, now, timeoutMs = TIMEOUT_MS } = tools
  try {
    const body = bodyOf(claimed)
    const answer = await fetcher.post(claimed.url, {
      headers: signedHeaders(claimed.event_id, body, now(), secretsOf(tools, claimed)),
      body,
      maxBytes: EXCERPT_BYTES,
      timeoutMs,
      signal,
    })
    // A text column takes no NUL.
    const response = answer.beginning.toString('utf8').replaceAll('\0', '')
    return { status: answer.status, headers: answer.headers, response }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { failure: `The receiver ${(error as Error).message}.` }
  }
}

function secretsOf({ secrets }: DeliveryTools, claimed: Claimed): string[] {
  const { secret, previous_secret, own_secret, key_id } = claimed
  if (secret !== null) return [secret, previous_secret].filter((one) => one !== null).map((one) => secrets.open(one))
  return [own_secret === null ? secrets.ofKey(key_id!) : secrets.open(own_secret)]
}
