import type { TextCall } from '../../core/text.ts'
import { type OutputPlan, planOutput } from '../shared/messages/output.ts'
import type { ClaudeTraits } from '../shared/messages/traits.ts'
import type { ModelTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

/** By which means a model that is no Claude is brought to a form, in the terms of the plan for those. */
const likeClaude = ({ claude, choice, schemas }: ModelTraits): Pick<ClaudeTraits, 'schemas' | 'forcedTools'> =>
  claude ?? { schemas, forcedTools: choice === 'none' ? 'never' : 'always' }

/**
 * By which means an answer gets the form that was asked for: a forced tool
 * where the model can be made to call one, else its own decoder where it has
 * one, else words.
 *
 * @param wanted `native` or `tool` where the configuration says so
 */
export function planBedrockOutput(call: TextCall, traits: ModelTraits, wanted: unknown): OutputPlan {
  const known = likeClaude(traits)
  const isForced = wanted === 'tool' || (wanted !== 'native' && traits.choice !== 'none')
  const forcedTools = wanted === 'tool' ? 'always' : known.forcedTools
  return planOutput(call, { ...(known as ClaudeTraits), forcedTools }, isForced ? 'tool' : wanted)
}

/** The native form in Converse's words; its schema is text. */
export function wireOutputConfig({ output }: TextCall, { format }: OutputPlan, given: unknown, effort: unknown) {
  const own: Json = {
    ...(given as Json | undefined),
    ...(effort !== undefined && { effort }),
    ...(format && {
      textFormat: {
        type: 'json_schema',
        structure: {
          jsonSchema: {
            schema: JSON.stringify(format.schema),
            ...(output?.type === 'schema' && { name: output.name, description: output.description }),
          },
        },
      },
    }),
  }
  return Object.keys(own).length === 0 ? undefined : own
}
