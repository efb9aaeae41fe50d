import type { Usage } from '@turnout/contract'
import { countOf } from '../../../core/count.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Anthropic's `usage` as ours. Its `input_tokens` are those that no cache had
 * to do with; all input is the sum of three counts.
 * Source: Messages API reference, `usage`, read November 2026.
 */
export function messagesUsage(raw: Json): Usage {
  const input = countOf(raw.input_tokens)
  const read = countOf(raw.cache_read_input_tokens)
  const written = countOf(raw.cache_creation_input_tokens)
  const details = raw.output_tokens_details as Json | null | undefined
  const usage: Usage = {}
  if (input !== undefined) usage.inputTokens = input + (read ?? 0) + (written ?? 0)
  if (read !== undefined) usage.cachedInputTokens = read
  if (written !== undefined) usage.cacheWriteTokens = written
  const output = countOf(raw.output_tokens)
  if (output !== undefined) usage.outputTokens = output
  const thought = countOf(details?.thinking_tokens)
  if (thought !== undefined) usage.reasoningTokens = thought
  return usage
}
