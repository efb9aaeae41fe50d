import type { ErrorCode, FinishReason, Usage } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { text } from '../shared/failure.ts'

/** Words by which Google says that it withheld the rest of an answer. */
const WITHHELD: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
])

/** Words by which Google says that the model failed. */
const FAILED: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries({
    OTHER: 'upstream_error',
    NO_IMAGE: 'upstream_error',
    IMAGE_OTHER: 'upstream_error',
    MALFORMED_FUNCTION_CALL: 'invalid_output',
    MALFORMED_RESPONSE: 'invalid_output',
    UNEXPECTED_TOOL_CALL: 'invalid_output',
    TOO_MANY_TOOL_CALLS: 'invalid_output',
  } as const),
)

/**
 * Google's word for how an answer ended, as ours.
 * Source: Gemini API reference, FinishReason, and the types of Google's SDK 3.1, read November 2026.
 */
export function finishReason(raw: string | null, calls: number): FinishReason {
  if (raw === 'STOP') return calls > 0 ? 'tool-calls' : 'stop'
  if (raw === 'MAX_TOKENS' || raw === 'CONTINUATION') return 'length'
  if (raw === null) return 'other'
  return WITHHELD.has(raw) ? 'content-filter' : FAILED.has(raw) ? 'error' : 'other'
}

/** Why an answer has no content. */
export interface Silence {
  /** `promptFeedback` of the answer. */
  promptFeedback?: unknown
  finish?: string | null
  /** What Google says to it in words. */
  message?: string | undefined
  responseId?: string | undefined
  /** What was counted all the same: a prompt is paid for although its answer is withheld. */
  usage?: Usage | undefined
}

/** The categories whose ratings led to a refusal. */
const blockedFor = (ratings: unknown): string[] =>
  (Array.isArray(ratings) ? ratings : []).flatMap((rating) =>
    isObject(rating) && (rating.blocked === true || rating.probability === 'HIGH') ? [text(rating.category) ?? ''] : [],
  )

/**
 * The error that an answer without content stands for; undefined where it is
 * just empty. A blocked prompt and a withheld answer both come with status 200.
 */
export function silenceError(
  { promptFeedback, finish, message, responseId, usage }: Silence,
  { status }: Pick<TransportResponse, 'status'>,
  provider: string,
): TurnoutError | undefined {
  const feedback = isObject(promptFeedback) ? promptFeedback : {}
  const block = text(feedback.blockReason)
  const word = block ?? finish ?? undefined
  const code = block || (word && WITHHELD.has(word)) ? 'content_policy' : FAILED.get(word ?? '')
  if (word === undefined || code === undefined) return undefined
  const what =
    block !== undefined
      ? `refused the prompt (${block})`
      : code === 'content_policy'
        ? `withheld the answer (${word})`
        : `ended without an answer (${word})`
  const said = text(feedback.blockReasonMessage) ?? message
  const categories = blockedFor(feedback.safetyRatings)
  return new TurnoutError(code, `${provider} ${what}${said ? `: ${said}` : '.'}`, {
    provider,
    upstreamStatus: status,
    upstreamCode: word,
    upstreamRequestId: responseId,
    usage,
    details: categories.length > 0 ? { categories } : undefined,
  })
}
