import type { Effort, TextCall } from '../../../core/text.ts'
import { lacksThoughts } from './content.ts'
import type { ClaudeTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

export interface ThinkingPlan {
  /** Undefined: left out of the request. */
  thinking: Json | undefined
  effort: unknown
}

type Asked = Exclude<Effort, 'none'>

/** Tokens to think with, for models that are told so; Anthropic takes at least 1024. */
const BUDGETS: Readonly<Record<Asked, number>> = {
  minimal: 1_024,
  low: 4_096,
  medium: 12_288,
  high: 24_576,
  xhigh: 32_768,
  max: 49_152,
}
const LEAST = 1_024

/** Whether a model thinks by the request's `thinking`. */
export const thinks = (thinking: unknown): boolean =>
  typeof thinking === 'object' &&
  thinking !== null &&
  ['enabled', 'adaptive'].includes((thinking as Json).type as string)

/** The next lower effort that the model knows, or its lowest. */
function nearest(effort: Asked, { efforts }: ClaudeTraits, warn: Set<string>): string {
  if (efforts.includes(effort)) return effort
  const known = effort === 'minimal' ? 'low' : 'high'
  warn.add(`The model has no reasoning effort "${effort}"; "${known}" was asked for.`)
  return known
}

function off(call: TextCall, traits: ClaudeTraits, warn: Set<string>): ThinkingPlan {
  if (traits.thinkingOff === undefined) return { thinking: undefined, effort: undefined }
  if (traits.thinkingOff) return { thinking: { type: traits.thinkingOff }, effort: undefined }
  warn.add(`${call.model} always thinks; the lowest effort was asked for.`)
  return { thinking: undefined, effort: 'low' }
}

function wanted(effort: Asked, traits: ClaudeTraits, maxTokens: number, warn: Set<string>): ThinkingPlan {
  if (traits.thinking === 'adaptive') {
    const display = traits.hidesThoughts ? { display: 'summarized' } : {}
    return { thinking: { type: 'adaptive', ...display }, effort: nearest(effort, traits, warn) }
  }
  // The budget is part of the output limit; as much again as the least is left to the answer.
  const budget = Math.min(BUDGETS[effort], maxTokens - LEAST)
  if (traits.thinking === 'budget' && budget >= LEAST)
    return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined }
  warn.add(
    traits.thinking === undefined
      ? 'The model cannot be told to reason; the reasoning effort was left out.'
      : `The model does not reason, because ${maxTokens} output tokens leave no room for it.`,
  )
  return { thinking: undefined, effort: undefined }
}

/**
 * How much a model is to think. What the call leaves open is as the model's
 * record has it. Thinking is left out where the provider would refuse the
 * request for it.
 * Source: Anthropic's guides on thinking and effort, read November 2026.
 */
export function planThinking(
  call: TextCall,
  traits: ClaudeTraits,
  maxTokens: number,
  forcedTool: boolean,
  warn: Set<string>,
): ThinkingPlan {
  const { reasoning, defaults } = call
  if (reasoning === 'none') return off(call, traits, warn)
  const plan: ThinkingPlan =
    reasoning === undefined
      ? {
          thinking: defaults?.thinking as Json | undefined,
          effort: (defaults?.output_config as Json | undefined)?.effort,
        }
      : wanted(reasoning, traits, maxTokens, warn)
  if (!thinks(plan.thinking)) return plan
  if (forcedTool && traits.forcedTools === 'unless-thinking') {
    warn.add('The model does not reason, because it cannot while it is made to call a tool.')
    return { thinking: undefined, effort: undefined }
  }
  if (plan.thinking?.type === 'enabled' && lacksThoughts(call)) {
    warn.add('The model does not reason, because its thoughts behind the tool calls have not come back.')
    return { thinking: undefined, effort: undefined }
  }
  return plan
}
