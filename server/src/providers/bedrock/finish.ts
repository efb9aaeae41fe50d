import type { ErrorCode, FinishReason, Usage } from '@turnout/contract'
import { countOf } from '../../core/count.ts'

/** Source: Bedrock API reference, `StopReason`, service model 2023-09-30. */
const REASONS: ReadonlyMap<string | null, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
])

/** Ends that are failures: always, or where nothing was said before them. */
const BROKEN: ReadonlySet<string> = new Set(['malformed_model_output', 'malformed_tool_use'])
const EMPTY: Readonly<Record<string, [ErrorCode, string]>> = {
  guardrail_intervened: ['content_policy', 'withheld the answer because a guardrail intervened'],
  content_filtered: ['content_policy', 'withheld the answer for its content'],
  model_context_window_exceeded: ['invalid_input', 'found the conversation longer than the context of the model'],
}

/** Converse's `stopReason` as ours. */
export const converseFinish = (raw: string | null): FinishReason => REASONS.get(raw) ?? 'other'

/** The failure that an end stands for; undefined where it is an end like any other. */
export function failureOf(raw: string, hasContent: boolean): [ErrorCode, string] | undefined {
  if (BROKEN.has(raw)) return ['invalid_output', 'ended the answer because the model had written something malformed']
  return hasContent || !Object.hasOwn(EMPTY, raw) ? undefined : EMPTY[raw]
}

/**
 * Converse's `usage` as ours. Its `inputTokens` are those that no cache had to
 * do with; all input is the sum of three counts.
 * Source: Bedrock user guide, prompt caching, read November 2026.
 */
export function converseUsage(raw: Readonly<Record<string, unknown>>): Usage {
  const input = countOf(raw.inputTokens)
  const output = countOf(raw.outputTokens)
  const read = countOf(raw.cacheReadInputTokens)
  const written = countOf(raw.cacheWriteInputTokens)
  const usage: Usage = {}
  if (input !== undefined) usage.inputTokens = input + (read ?? 0) + (written ?? 0)
  if (read !== undefined) usage.cachedInputTokens = read
  if (written !== undefined) usage.cacheWriteTokens = written
  if (output !== undefined) usage.outputTokens = output
  return usage
}
