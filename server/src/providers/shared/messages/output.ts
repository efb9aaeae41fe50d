import type { TextCall, Tool } from '../../../core/text.ts'
import { decodable } from './schema.ts'
import type { ClaudeTraits } from './traits.ts'

/** By which means an answer gets the form that was asked for. */
export interface OutputPlan {
  /** `output_config.format`: the decoder holds the model to a schema. */
  format?: Readonly<Record<string, unknown>>
  /** A tool that the model must call; what it is called with is the answer. */
  tool?: Tool
  /** Words that tell the model. */
  instruction?: string
}

const nameOf = (tools: readonly Tool[] | undefined): string =>
  tools?.some(({ name }) => name === 'json') ? 'json_answer' : 'json'

const tell = (schema: unknown): string =>
  `Answer with one JSON ${schema ? 'value that is valid against this JSON Schema' : 'object'}, and with nothing else: no explanation, no code fence.${
    schema ? `\n\nJSON Schema:\n${JSON.stringify(schema)}` : ''
  }`

/**
 * Anthropic knows answers by a schema, and only of newer models and for a part
 * of JSON Schema; else a tool is forced where the model lets that be done.
 *
 * @param wanted `native` or `tool` where the configuration says so
 */
export function planOutput(call: TextCall, traits: ClaudeTraits, wanted: unknown): OutputPlan {
  const { output } = call
  if (output === undefined) return {}
  const schema = output.type === 'schema' ? output.schema : undefined
  const isNative = wanted === 'native' || (wanted !== 'tool' && traits.schemas)
  const native = isNative && schema ? decodable(schema) : undefined
  if (native) return { format: { type: 'json_schema', schema: native } }
  const isObject = schema === undefined || schema.type === 'object'
  if (traits.forcedTools === 'never' || !isObject) return { instruction: tell(schema) }
  const description = output.type === 'schema' ? output.description : undefined
  return {
    tool: {
      name: nameOf(call.tools),
      description: description ?? 'Gives the answer: what it is called with is the answer itself.',
      parameters: schema ?? { type: 'object' },
    },
  }
}
