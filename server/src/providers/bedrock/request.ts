import type { TextCall } from '../../core/text.ts'
import { filled } from '../../lib/objects.ts'
import { sampling } from '../shared/messages/sampling.ts'
import { conversation } from './content.ts'
import { planBedrockOutput, wireOutputConfig } from './output.ts'
import { planReasoning, type ReasoningPlan } from './reasoning.ts'
import { wireTools } from './tools.ts'
import { type ModelTraits, modelTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

/** A request in Converse's words, and how its answer is to be read. */
export interface ConverseRequest {
  /** Members that are undefined are left out by the encoder. */
  body: Record<string, unknown>
  model: string
  /** The tool whose input is the answer, where one stands in for a form of output. */
  answerTool: string | undefined
  warnings: string[]
}

/** Where neither call nor configuration names an output limit and the model's is not known. */
const CAUTIOUS_LIMIT = 4_096

/** Sequences without anything but white space are refused. */
function stopSequences({ stop }: TextCall, given: unknown, warn: Set<string>): unknown {
  if (stop === undefined) return given
  const kept = stop.filter((sequence) => sequence.trim() !== '')
  if (kept.length < stop.length) warn.add('Stop sequences of white space alone were left out.')
  return kept.length === 0 ? undefined : kept
}

function warnOfOthers({ seed, presencePenalty, frequencyPenalty, user }: TextCall, warn: Set<string>): void {
  if (seed !== undefined) warn.add('Converse takes no seed; it was left out.')
  if (presencePenalty) warn.add('Converse takes no presence penalty; it was left out.')
  if (frequencyPenalty) warn.add('Converse takes no frequency penalty; it was left out.')
  if (user !== undefined) warn.add('Converse takes no name of an end user; it was left out.')
}

interface Drawn {
  temperature: unknown
  topP: unknown
  top_k: unknown
}

/** How the next token is drawn; Converse's temperature ends at 1. */
function draw(
  call: TextCall,
  traits: ModelTraits,
  given: Json,
  extra: Json,
  isThinking: boolean,
  warn: Set<string>,
): Drawn {
  const { temperature, topP } = given
  const { top_k } = extra
  if (traits.claude) {
    const asked = { ...call, defaults: { temperature, top_p: topP, top_k } }
    const { top_p, ...rest } = sampling(asked, traits.claude, isThinking, warn)
    return { ...rest, topP: top_p }
  }
  const wanted = call.temperature ?? temperature
  if (typeof wanted === 'number' && wanted > 1)
    warn.add(`The temperature was lowered from ${wanted} to 1, which is the highest.`)
  return { temperature: typeof wanted === 'number' ? Math.min(wanted, 1) : wanted, topP: call.topP ?? topP, top_k }
}

/** What Nova takes while it reasons hardest: nothing. */
function unlimited(config: Record<string, unknown>, { isUnlimited }: ReasoningPlan, warn: Set<string>): Json {
  if (!isUnlimited) return config
  for (const name of ['maxTokens', 'temperature', 'topP']) {
    if (config[name] !== undefined) warn.add(`${name} was left out, because the model takes none at this effort.`)
  }
  return { stopSequences: config.stopSequences }
}

/** System blocks with one more paragraph. */
const withInstruction = (system: readonly Json[], instruction: string | undefined): readonly Json[] | undefined => {
  const all = instruction === undefined ? system : [...system, { text: instruction }]
  return all.length === 0 ? undefined : all
}

/**
 * A call in Converse's words. Defaults are in them too: what they say of
 * guardrails, latency, service tier or the model's own fields goes along.
 *
 * @param settings `structuredOutput`: `native` or `tool`; `maxOutputTokens`: the model's limit
 */
export function converseRequest(call: TextCall, settings: Json, provider: string): ConverseRequest {
  const { defaults = {} } = call
  const given = (defaults.inferenceConfig ?? {}) as Json
  const extra = (defaults.additionalModelRequestFields ?? {}) as Json
  const warn = new Set<string>()
  const traits = modelTraits(call.model)
  const { structuredOutput } = settings
  const plan = planBedrockOutput(call, traits, structuredOutput)
  const { system, messages } = conversation(call, provider, warn)
  const { toolConfig, forced } = wireTools(call, plan, traits, structuredOutput, warn)
  const asked = call.maxTokens ?? given.maxTokens ?? settings.maxOutputTokens
  const limit = typeof asked === 'number' ? asked : (traits.claude?.outputTokens ?? CAUTIOUS_LIMIT)
  const reasoning = planReasoning(call, traits, extra, limit, forced, warn)
  const { temperature, topP, top_k } = draw(call, traits, given, extra, reasoning.thinks, warn)
  warnOfOthers(call, warn)
  const config = {
    ...given,
    maxTokens: asked ?? (reasoning.needsLimit ? limit : undefined),
    temperature,
    topP,
    stopSequences: stopSequences(call, given.stopSequences, warn),
  }
  const body = {
    ...defaults,
    system: withInstruction(system.length > 0 ? system : ((defaults.system ?? []) as Json[]), plan.instruction),
    messages,
    toolConfig,
    inferenceConfig: filled(unlimited(config, reasoning, warn)),
    outputConfig: wireOutputConfig(call, plan, defaults.outputConfig, reasoning.effort),
    additionalModelRequestFields: filled({ ...extra, top_k, ...reasoning.fields }),
  }
  return { body, model: call.model, answerTool: plan.tool?.name, warnings: [...warn] }
}
