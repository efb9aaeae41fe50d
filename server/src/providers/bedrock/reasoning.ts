import type { Effort, TextCall } from '../../core/text.ts'
import { planThinking, thinks } from '../shared/messages/thinking.ts'
import type { ModelTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

/** How much a model is to reason, in its own words. */
export interface ReasoningPlan {
  /** For `additionalModelRequestFields`; what is undefined takes out what the record of the model says. */
  fields: Json
  /** `outputConfig.effort`. */
  effort: unknown
  /** Whether a Claude thinks, which limits how it may be sampled. */
  thinks: boolean
  /** An output limit that the reasoning needs to be told. */
  needsLimit: boolean
  /** Whether Nova reasons so hard that it takes no sampling and no limit. */
  isUnlimited: boolean
}

const NONE: ReasoningPlan = { fields: {}, effort: undefined, thinks: false, needsLimit: false, isUnlimited: false }

const THREE: Readonly<Record<Exclude<Effort, 'none'>, 'low' | 'medium' | 'high'>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}

function nearest(effort: Exclude<Effort, 'none'>, warn: Set<string>): string {
  const known = THREE[effort]
  if (known !== effort) warn.add(`The model has no reasoning effort "${effort}"; "${known}" was asked for.`)
  return known
}

function claudePlan(
  call: TextCall,
  traits: ModelTraits,
  given: Json,
  maxTokens: number,
  forced: boolean,
  warn: Set<string>,
): ReasoningPlan {
  const asked = { ...call, defaults: given }
  const { thinking, effort } = planThinking(asked, traits.claude!, maxTokens, forced, warn)
  return {
    ...NONE,
    fields: { thinking },
    effort,
    thinks: thinks(thinking),
    needsLimit: thinking?.type === 'enabled',
  }
}

function novaPlan({ reasoning }: TextCall, given: Json, warn: Set<string>): ReasoningPlan {
  const reasoningConfig =
    reasoning === undefined
      ? (given.reasoningConfig as Json | undefined)
      : reasoning === 'none'
        ? { type: 'disabled' }
        : { type: 'enabled', maxReasoningEffort: nearest(reasoning, warn) }
  return { ...NONE, fields: { reasoningConfig }, isUnlimited: reasoningConfig?.maxReasoningEffort === 'high' }
}

/**
 * Source: Bedrock user guide, extended thinking of Claude; Nova 2 user guide,
 * extended thinking; gpt-oss on Bedrock; read November 2026.
 *
 * @param given `additionalModelRequestFields` of the model's record
 */
export function planReasoning(
  call: TextCall,
  traits: ModelTraits,
  given: Json,
  maxTokens: number,
  forced: boolean,
  warn: Set<string>,
): ReasoningPlan {
  const { reasoning } = call
  switch (traits.reasoning) {
    case 'claude':
      return claudePlan(call, traits, given, maxTokens, forced, warn)
    case 'nova':
      return novaPlan(call, given, warn)
    case 'openai':
      if (reasoning === undefined) return NONE
      if (reasoning === 'none') warn.add('The model always reasons; the lowest effort was asked for.')
      return { ...NONE, fields: { reasoning_effort: reasoning === 'none' ? 'low' : nearest(reasoning, warn) } }
    case undefined:
      if (reasoning !== undefined && reasoning !== 'none')
        warn.add('The model cannot be told to reason; the reasoning effort was left out.')
      return NONE
  }
}
