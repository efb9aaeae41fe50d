import type { FinishReason } from '@turnout/contract'

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
])

/** OpenAI's `finish_reason` as ours. */
export const finishReason = (raw: string): FinishReason => REASONS.get(raw) ?? 'other'
