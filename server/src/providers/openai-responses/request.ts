import type { TextCall, Tool } from '../../core/text.ts'
import { responsesInput } from './input.ts'

type Json = Readonly<Record<string, unknown>>

export interface ResponsesRequest {
  /** Members that are undefined are left out by the encoder. */
  body: Record<string, unknown>
  warnings: string[]
}

/** Fewer are refused. Source: OpenAI's API reference, CreateResponse, August 2026. */
const LEAST_OUTPUT_TOKENS = 16
const LONGEST_USER = 64

/** Models that do not reason refuse to be asked for encrypted reasoning: "Encrypted content is not supported". */
const WITHOUT_REASONING = /^(ft:)?(gpt-3|gpt-4|chatgpt-4)|-chat\b/

/** Where `strict` is left out, the Responses API takes it for true, unlike chat completions. */
const wireTool = ({ name, description, parameters, strict = false }: Tool): Json => ({
  type: 'function',
  name,
  description,
  parameters: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
  strict,
})

function wireFormat({ output }: TextCall): Json | undefined {
  if (output?.type !== 'schema') return output && { type: 'json_object' }
  const { name, description, schema, strict } = output
  return { type: 'json_schema', name, description, schema, strict }
}

function outputLimit({ maxTokens, defaults }: TextCall, warnings: string[]): unknown {
  if (maxTokens === undefined) return defaults?.max_output_tokens
  if (maxTokens >= LEAST_OUTPUT_TOKENS) return maxTokens
  warnings.push(
    `The limit of ${maxTokens} output tokens was raised to ${LEAST_OUTPUT_TOKENS}, the least that OpenAI takes.`,
  )
  return LEAST_OUTPUT_TOKENS
}

function safetyIdentifier({ user, defaults }: TextCall, warnings: string[]): unknown {
  if (user === undefined) return defaults?.safety_identifier
  if (user.length <= LONGEST_USER) return user
  warnings.push(`The user was left out, because OpenAI takes no more than ${LONGEST_USER} characters.`)
  return undefined
}

function warnOfOthers({ stop, seed, presencePenalty, frequencyPenalty }: TextCall, warnings: string[]): void {
  const leftOut = { 'stop sequences': stop?.length, seed: seed !== undefined }
  const penalties = { 'presence penalty': presencePenalty, 'frequency penalty': frequencyPenalty }
  for (const [name, given] of Object.entries({ ...leftOut, ...penalties }))
    if (given) warnings.push(`OpenAI's Responses API takes no ${name}; it was left out.`)
}

/** A member that has members, or undefined. */
const filled = (fields: Json): Json | undefined =>
  Object.values(fields).some((value) => value !== undefined) ? fields : undefined

function wireTools({ tools = [], defaults }: TextCall): Json[] | undefined {
  const given = Array.isArray(defaults?.tools) ? (defaults.tools as Json[]) : []
  const all = [...given, ...tools.map(wireTool)]
  return all.length === 0 ? undefined : all
}

function include({ model, defaults }: TextCall): unknown[] | undefined {
  const given = Array.isArray(defaults?.include) ? (defaults.include as unknown[]) : []
  const own = WITHOUT_REASONING.test(model) ? [] : ['reasoning.encrypted_content']
  const all = [...new Set([...given, ...own])]
  return all.length === 0 ? undefined : all
}

/**
 * A call as a request of OpenAI's Responses API. Nothing is stored at OpenAI:
 * reasoning comes back encrypted and is sent again with the message.
 *
 * @param settings `reasoningSummary`: `auto`, `concise` or `detailed`. Without it
 *   none is asked for, because OpenAI refuses the whole request of an
 *   organisation that is not verified for it
 */
export function responsesRequest(call: TextCall, settings: Json): ResponsesRequest {
  const { defaults = {} } = call
  const warnings: string[] = []
  const { instructions, input } = responsesInput(call)
  const choice = call.toolChoice
  const summary = call.reasoning === 'none' ? undefined : settings.reasoningSummary
  const reasoning = defaults.reasoning as Json | undefined
  const text = defaults.text as Json | undefined
  warnOfOthers(call, warnings)
  const body = {
    ...defaults,
    model: call.model,
    instructions: instructions ?? defaults.instructions,
    input,
    tools: wireTools(call),
    tool_choice:
      (typeof choice === 'object' ? { type: 'function', name: choice.name } : choice) ?? defaults.tool_choice,
    parallel_tool_calls: call.parallelToolCalls ?? defaults.parallel_tool_calls,
    text: filled({ ...text, format: wireFormat(call) ?? text?.format }),
    reasoning: filled({
      ...reasoning,
      effort: call.reasoning ?? reasoning?.effort,
      summary: summary ?? reasoning?.summary,
    }),
    max_output_tokens: outputLimit(call, warnings),
    temperature: call.temperature ?? defaults.temperature,
    top_p: call.topP ?? defaults.top_p,
    safety_identifier: safetyIdentifier(call, warnings),
    include: include(call),
    store: false,
    // Whether to stream is the call's alone, and an answer in the background would not be waited for.
    stream: undefined,
    background: undefined,
  }
  return { body, warnings }
}
