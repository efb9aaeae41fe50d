import type { Usage } from '@turnout/contract'

type Json = Readonly<Record<string, unknown>>

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined

/**
 * Anthropic's `usage` as ours. Its `input_tokens` are those that no cache had
 * to do with; all input is the sum of three counts.
 * Source: Messages API reference, `usage`, read November 2026.
 */
export function messagesUsage(raw: Json): Usage {
  const input = count(raw.input_tokens)
  const read = count(raw.cache_read_input_tokens)
  const written = count(raw.cache_creation_input_tokens)
  const details = raw.output_tokens_details as Json | null | undefined
  const usage: Usage = {}
  if (input !== undefined) usage.inputTokens = input + (read ?? 0) + (written ?? 0)
  if (read !== undefined) usage.cachedInputTokens = read
  if (written !== undefined) usage.cacheWriteTokens = written
  const output = count(raw.output_tokens)
  if (output !== undefined) usage.outputTokens = output
  const thought = count(details?.thinking_tokens)
  if (thought !== undefined) usage.reasoningTokens = thought
  return usage
}
