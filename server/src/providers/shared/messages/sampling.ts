import type { TextCall } from '../../../core/text.ts'
import type { ClaudeTraits } from './traits.ts'

interface Sampling {
  temperature: unknown
  top_p: unknown
  top_k: unknown
}

const NONE: Sampling = { temperature: undefined, top_p: undefined, top_k: undefined }

/** While a model with a choice of sampling thinks, its temperature is 1 and top_p at least this. */
const LEAST_TOP_P_THINKING = 0.95

/**
 * How the next token is drawn. What the provider would refuse is left out and
 * told; the value that holds anyway is left out without a word.
 * Source: Anthropic's guide on thinking, "Sampling parameters", read November 2026.
 */
export function sampling(call: TextCall, traits: ClaudeTraits, thinks: boolean, warn: Set<string>): Sampling {
  const { defaults = {} } = call
  let temperature: unknown = call.temperature ?? defaults.temperature
  let top_p: unknown = call.topP ?? defaults.top_p
  const { top_k } = defaults
  if (traits.sampling === 'none') {
    if (temperature !== undefined && temperature !== 1) warn.add(`${call.model} takes no temperature; it was left out.`)
    if (top_p !== undefined && top_p !== 1) warn.add(`${call.model} takes no top_p; it was left out.`)
    if (top_k !== undefined) warn.add(`${call.model} takes no top_k; it was left out.`)
    return NONE
  }
  if (thinks) {
    if (temperature !== undefined && temperature !== 1)
      warn.add('The temperature was left out, because it is 1 while the model reasons.')
    if (top_p !== undefined && !(Number(top_p) >= LEAST_TOP_P_THINKING)) {
      warn.add(`top_p was left out, because it is at least ${LEAST_TOP_P_THINKING} while the model reasons.`)
      top_p = undefined
    }
    if (top_k !== undefined) warn.add('top_k was left out, because the model reasons.')
    return { ...NONE, top_p }
  }
  if (typeof temperature === 'number' && temperature > 1) {
    warn.add(`The temperature was lowered from ${temperature} to 1, which is the highest.`)
    temperature = 1
  }
  if (traits.sampling === 'one' && temperature !== undefined && top_p !== undefined) {
    if (top_p !== 1) warn.add('top_p was left out, because the model takes either it or a temperature.')
    top_p = undefined
  }
  return { temperature, top_p, top_k }
}
