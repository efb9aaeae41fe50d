import type { TextCall } from '../../../core/text.ts'
import { filled } from '../../../lib/objects.ts'
import { conversation } from './content.ts'
import { planOutput } from './output.ts'
import { sampling } from './sampling.ts'
import { planThinking, thinks } from './thinking.ts'
import { wireToolChoice, wireTools } from './tools.ts'
import { type ClaudeTraits, claudeTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

/** A request in Anthropic's Messages protocol, and how its answer is to be read. */
export interface MessagesRequest {
  /** Members that are undefined are left out by the encoder. */
  body: Record<string, unknown>
  /** The tool whose input is the answer, where one stands in for a form of output. */
  answerTool: string | undefined
  warnings: string[]
}

/** The limit where neither call nor configuration names one and the model is not known. */
const CAUTIOUS_LIMIT = 4_096

/**
 * `max_tokens`, which Anthropic wants in every request: the call's, the
 * record's, the configured maximum of the model, or what its generation takes.
 */
function outputLimit(call: TextCall, settings: Json, traits: ClaudeTraits, warn: Set<string>): number {
  const given = call.maxTokens ?? call.defaults?.max_tokens ?? settings.maxOutputTokens ?? traits.outputTokens
  if (typeof given === 'number') return given
  warn.add(`The answer ends after ${CAUTIOUS_LIMIT} tokens, because no limit was given and the model's is not known.`)
  return CAUTIOUS_LIMIT
}

/** Sequences without anything but white space are refused. */
function stopSequences({ stop, defaults }: TextCall, warn: Set<string>): unknown {
  if (stop === undefined) return defaults?.stop_sequences
  const kept = stop.filter((sequence) => sequence.trim() !== '')
  if (kept.length < stop.length) warn.add('Stop sequences of white space alone were left out.')
  return kept.length === 0 ? undefined : kept
}

function warnOfOthers({ seed, presencePenalty, frequencyPenalty }: TextCall, warn: Set<string>): void {
  if (seed !== undefined) warn.add('Anthropic takes no seed; it was left out.')
  if (presencePenalty) warn.add('Anthropic takes no presence penalty; it was left out.')
  if (frequencyPenalty) warn.add('Anthropic takes no frequency penalty; it was left out.')
}

/** The system text with one more paragraph; the record of a model may have it in blocks. */
function withInstruction(system: unknown, instruction: string | undefined): unknown {
  if (instruction === undefined) return system
  if (Array.isArray(system)) return [...system, { type: 'text', text: instruction }]
  return typeof system === 'string' ? `${system}\n\n${instruction}` : instruction
}

/**
 * A call in the words of Anthropic's Messages protocol.
 *
 * @param settings `structuredOutput`: `native` or `tool`; `maxOutputTokens`: the model's limit
 */
export function messagesRequest(call: TextCall, settings: Json): MessagesRequest {
  const { defaults = {} } = call
  const warn = new Set<string>()
  const traits = claudeTraits(call.model)
  const plan = planOutput(call, traits, settings.structuredOutput)
  const { system, messages } = conversation(call, warn)
  const tools = wireTools(call, plan, traits, warn)
  const { choice, forced } = wireToolChoice(call, plan, traits, warn)
  const max_tokens = outputLimit(call, settings, traits, warn)
  const { thinking, effort } = planThinking(call, traits, max_tokens, forced, warn)
  const drawn = sampling(call, traits, thinks(thinking), warn)
  warnOfOthers(call, warn)
  const outputConfig = defaults.output_config as Json | undefined
  const body = {
    ...defaults,
    model: call.model,
    max_tokens,
    system: withInstruction(system ?? defaults.system, plan.instruction),
    messages,
    tools,
    tool_choice: choice ?? defaults.tool_choice,
    output_config: filled({ ...outputConfig, effort, format: plan.format ?? outputConfig?.format }),
    stop_sequences: stopSequences(call, warn),
    thinking,
    ...drawn,
    metadata: call.user === undefined ? defaults.metadata : { ...(defaults.metadata as Json), user_id: call.user },
    // Whether to stream is the call's alone: a default of the model does not decide it.
    stream: undefined,
  }
  return { body, answerTool: plan.tool?.name, warnings: [...warn] }
}
