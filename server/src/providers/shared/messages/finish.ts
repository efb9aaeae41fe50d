import type { FinishReason, Usage } from '@turnout/contract'
import { TurnoutError } from '../../../core/error.ts'

/** Source: Messages API reference, `stop_reason`, read November 2026. */
const REASONS: ReadonlyMap<string | null, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'content-filter'],
])

/** Anthropic's `stop_reason` as ours; a turn that is paused is `other`, because nobody here can take it up again. */
export const messagesFinish = (raw: string | null): FinishReason => REASONS.get(raw) ?? 'other'

/** A refusal before anything was said, which is charged as it is counted. */
export function refused(
  stopDetails: unknown,
  usage: Usage,
  provider: string,
  upstreamStatus: number,
  upstreamRequestId?: string,
): TurnoutError {
  const { category, explanation } = (stopDetails ?? {}) as Readonly<Record<string, unknown>>
  const why = typeof explanation === 'string' && explanation !== '' ? explanation : 'it gave no explanation'
  return new TurnoutError('content_policy', `${provider} refused to answer: ${why}`, {
    provider,
    upstreamStatus,
    upstreamRequestId,
    upstreamCode: typeof category === 'string' ? category : 'refusal',
    usage,
  })
}
