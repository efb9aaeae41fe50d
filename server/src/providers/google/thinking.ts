import type { Effort } from '../../core/text.ts'
import { memoised } from '../../lib/memoised.ts'

/** The number in a Gemini model's name; undefined for names without one, which are taken for the newest. */
const generation = (model: string): number | undefined => {
  const number = /gemini-(\d+(?:\.\d+)?)-/.exec(`${model}-`)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Whether a model has the features that began with Gemini 3. */
export const isGemini3 = memoised(
  (model): boolean => !/\b(gemma|learnlm)/.test(model) && (generation(model) ?? Number.POSITIVE_INFINITY) >= 3,
)

/**
 * Budgets in tokens as Google's own OpenAI-compatible endpoint maps efforts.
 * Source: Gemini API, OpenAI compatibility guide, read November 2026.
 */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/** The least that Gemini 2.5 Pro can be given: it always thinks. */
const LEAST_OF_PRO = 128

const LEVELS: Readonly<Record<Effort, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/**
 * An effort as `thinkingConfig`: levels since Gemini 3, budgets for 2.5, and
 * nothing for models that do not think. What was wanted otherwise is said.
 * Source: Gemini API, thinking guide, read November 2026.
 */
export function thinkingConfig(model: string, effort: Effort, warnings: string[]): Record<string, unknown> | undefined {
  const isPro = /\bpro\b/.test(model)
  // Asking for the thoughts makes them part of the answer; a model that is not to think has none.
  const includeThoughts = effort === 'none' ? undefined : true
  const mapped = (used: string) => {
    warnings.push(`Reasoning effort ${effort} is not one of ${model}; ${used} was used.`)
  }
  if (isGemini3(model)) {
    const level = isPro && LEVELS[effort] === 'MINIMAL' ? 'LOW' : LEVELS[effort]
    if (level !== effort.toUpperCase()) mapped(level.toLowerCase())
    return { thinkingLevel: level, includeThoughts }
  }
  if ((generation(model) ?? 0) < 2.5) {
    warnings.push(`${model} does not reason; the reasoning effort was left out.`)
    return undefined
  }
  const budget = isPro ? Math.max(BUDGETS[effort], LEAST_OF_PRO) : BUDGETS[effort]
  if (effort === 'xhigh' || effort === 'max' || (effort === 'none' && budget > 0))
    mapped(`a budget of ${budget} tokens`)
  return { thinkingBudget: budget, includeThoughts }
}
