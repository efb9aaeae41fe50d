import type { Usage } from '@turnout/contract'
import { countOf } from '../../core/count.ts'
import { isObject } from '../../lib/objects.ts'

/** The sum of what is known; undefined where nothing is. */
const sum = (...counts: (number | undefined)[]): number | undefined =>
  counts.reduce((total, each) => (each === undefined ? total : (total ?? 0) + each), undefined)

/** How many tokens of a kind `*TokensDetails` count; undefined where they do not name it. */
function ofModality(details: unknown, modality: string): number | undefined {
  if (!Array.isArray(details)) return undefined
  return sum(
    ...details.map((each) => (isObject(each) && each.modality === modality ? countOf(each.tokenCount) : undefined)),
  )
}

/** Whether a `usageMetadata` counts anything yet; in the first chunks of a stream it may not. */
export const countsTokens = (value: unknown): boolean =>
  isObject(value) && (value.promptTokenCount !== undefined || value.candidatesTokenCount !== undefined)

type Counted =
  | 'inputTokens'
  | 'cachedInputTokens'
  | 'imageInputTokens'
  | 'outputTokens'
  | 'reasoningTokens'
  | 'imageOutputTokens'

/**
 * `usageMetadata` as ours. Google counts thoughts beside the candidates and
 * the prompts of its own tools beside the prompt; both are billed. Undefined
 * where it counts nothing.
 * Source: Gemini API reference, UsageMetadata, read November 2026.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  let usage: Usage | undefined
  const set = (name: Counted, amount: number | undefined): void => {
    if (amount === undefined) return
    usage ??= {}
    usage[name] = amount
  }
  set('inputTokens', sum(countOf(value.promptTokenCount), countOf(value.toolUsePromptTokenCount)))
  set('cachedInputTokens', countOf(value.cachedContentTokenCount))
  set('imageInputTokens', ofModality(value.promptTokensDetails, 'IMAGE'))
  set('outputTokens', sum(countOf(value.candidatesTokenCount), countOf(value.thoughtsTokenCount)))
  set('reasoningTokens', countOf(value.thoughtsTokenCount))
  set('imageOutputTokens', ofModality(value.candidatesTokensDetails, 'IMAGE'))
  return usage
}
