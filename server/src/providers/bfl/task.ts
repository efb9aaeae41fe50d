import type { ErrorCode } from '@turnout/contract'
import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { nanoDollarsOf } from '../../core/count.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media, MediaDone, MediaOutcome, RemoteOperation } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { mediaTypeOfUrl } from '../shared/media.ts'
import { FAILED } from './errors.ts'

/** A task that BFL has accepted, in what is stored of it. `warnings` and `usage` are known only when it starts. */
export interface BflOperation {
  id: string
  pollingUrl: string
  /** The URL is of our own making, because BFL named none: whoever is not found there may be elsewhere. */
  isBuilt?: true
  /** In nano-dollars, as a decimal number. */
  providerCost?: string
  /** Of a result whose URL does not tell. */
  mediaType: string
  usage: MediaDone['usage']
  warnings: string[]
}

/** One credit is one US cent. */
const NANO_DOLLARS_PER_CREDIT = 10_000_000

/** Credits as nano-dollars; undefined where BFL has not said. */
export const costOf = (credits: unknown): bigint | undefined => nanoDollarsOf(credits, NANO_DOLLARS_PER_CREDIT)

/**
 * Lets the credential go nowhere else than to BFL (tasks are polled where they
 * run, at one of its regional hosts) and to the configured address.
 *
 * @param isStored It was trusted when the work began: what has changed since is the configuration, and nothing is said
 *   of the work.
 * @throws TurnoutError invalid_output; permission for one that is stored
 */
export function requireTrusted(url: string, { baseUrl, provider }: Connection, isStored = false): string {
  const { protocol, hostname, origin } = URL.canParse(url) ? new URL(url) : new URL('about:blank')
  const isBfl = protocol === 'https:' && (hostname === 'bfl.ai' || hostname.endsWith('.bfl.ai'))
  if (isBfl || origin === new URL(baseUrl).origin) return url
  throw new TurnoutError(
    isStored ? 'permission' : 'invalid_output',
    `${provider} named ${hostname || 'no address'} as the place to ask for the result; the credential is not sent there.`,
    { provider, retryable: false },
  )
}

function isOperation(operation: RemoteOperation): operation is RemoteOperation & BflOperation {
  return (
    typeof operation.id === 'string' &&
    typeof operation.pollingUrl === 'string' &&
    typeof operation.mediaType === 'string' &&
    isObject(operation.usage) &&
    Array.isArray(operation.warnings)
  )
}

/** @throws TurnoutError internal for an operation that is none of this adapter's */
export function readOperation(operation: RemoteOperation, provider: string): BflOperation {
  if (isOperation(operation)) return operation
  throw new TurnoutError('internal', `The stored operation is none of ${provider}.`, { provider })
}

/** Stated as a part of 1 or of 100. */
function readProgress(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return undefined
  return value > 1 ? value / 100 : value
}

/** Why a task has failed, in BFL's words. */
function readDetails(details: unknown): string {
  if (!isObject(details)) return text(details) ?? ''
  const reasons = details['Moderation Reasons'] ?? details.error ?? details.message ?? details
  return typeof reasons === 'string' ? reasons : JSON.stringify(reasons)
}

type Json = Readonly<Record<string, unknown>>

function failure(code: ErrorCode, status: string, answer: Json, { id }: BflOperation, provider: string): TurnoutError {
  const details = readDetails(answer.details)
  return new TurnoutError(code, `${provider}: ${status}${details ? `: ${details}` : ''}`, {
    provider,
    upstreamStatus: 200,
    upstreamCode: status,
    upstreamRequestId: id,
    // The cost that was named at the start is that of a success: what fails or is moderated is not charged.
    // Source: help.bfl.ai, "Why is my prompt getting moderated?", June 2026.
    providerCost: costOf(answer.cost) ?? 0n,
  })
}

/** What a poll has found. @throws TurnoutError where the task has failed, or succeeded without a result */
export function readTask(
  answer: Json,
  operation: BflOperation,
  response: TransportResponse,
  pollAfterMs: number,
  provider: string,
): MediaOutcome {
  const status = text(answer.status) ?? ''
  const failed = operation.isBuilt && status === 'Task not found' ? undefined : FAILED.get(status)
  if (failed) throw failure(failed, status, answer, operation, provider)
  const providerCost =
    costOf(answer.cost) ?? (operation.providerCost === undefined ? undefined : BigInt(operation.providerCost))
  const upstreamRequestId = operation.id
  if (status !== 'Ready') {
    const progress = readProgress(answer.progress)
    return {
      status: 'pending',
      operation: { ...operation },
      pollAfterMs,
      ...(progress !== undefined && { progress }),
      ...(providerCost !== undefined && { providerCost }),
      upstreamRequestId,
    }
  }
  const result = isObject(answer.result) ? answer.result : {}
  const url = text(result.sample)
  if (url === undefined) throw invalidOutput(provider, 'finished the task without a result', response, false)
  const media: Media = { url, mediaType: mediaTypeOfUrl(url) ?? operation.mediaType }
  if (typeof result.seed === 'number') media.seed = result.seed
  const prompt = text(result.prompt)
  if (prompt !== undefined) media.revisedPrompt = prompt
  return {
    status: 'done',
    media: [media],
    usage: operation.usage,
    ...(providerCost !== undefined && { providerCost }),
    warnings: operation.warnings,
    upstreamRequestId,
  }
}
