import type { ContentPart, OutputFormat, TextCall, Tool } from '../../core/text.ts'
import { defined, isObject } from '../../lib/objects.ts'
import { type Part, wireContents } from './contents.ts'
import { isGemini3, thinkingConfig } from './thinking.ts'

type Json = Readonly<Record<string, unknown>>

/** Fields of the request itself; any other default of a model belongs into `generationConfig`. */
const OF_REQUEST: ReadonlySet<string> = new Set([
  'systemInstruction',
  'tools',
  'toolConfig',
  'safetySettings',
  'generationConfig',
  'cachedContent',
  'labels',
  'modelArmorConfig',
  'serviceTier',
])

/** A model's defaults, sorted by where they belong; flat names are those of `generationConfig`. */
export function readDefaults(defaults: Json | undefined): { request: Json; config: Json } {
  const request: Record<string, unknown> = {}
  const config: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(defaults ?? {})) {
    if (name === 'generationConfig' && isObject(value)) Object.assign(config, value)
    else (OF_REQUEST.has(name) ? request : config)[name] = value
  }
  return { request, config }
}

/** Only the fields that are set, so that defaults show through; undefined where none is. */
export function present(fields: Json): Record<string, unknown> | undefined {
  const set = defined(fields)
  return Object.keys(set).length === 0 ? undefined : set
}

/** A description is required; where there is none, the name has to do. */
const declaration = ({ name, description, parameters }: Tool): Json => ({
  name,
  description: description || name,
  parametersJsonSchema: parameters,
})

/** How tools may be called. Calls are only held to their schemas in the modes ANY and VALIDATED. */
function callingConfig({ toolChoice, tools, model }: TextCall, warnings: string[]): Json | undefined {
  if (typeof toolChoice === 'object') return { mode: 'ANY', allowedFunctionNames: [toolChoice.name] }
  if (toolChoice === 'required') return { mode: 'ANY' }
  if (toolChoice === 'none') return { mode: 'NONE' }
  if (tools?.some(({ strict }) => strict)) {
    if (isGemini3(model)) return { mode: 'VALIDATED' }
    warnings.push(`${model} does not hold optional tool calls to their schemas; strict was left out.`)
  }
  return toolChoice && { mode: 'AUTO' }
}

const MOST_STOPS = 5
const isInt32 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 31

function stops({ stop }: TextCall, warnings: string[]): string[] | undefined {
  if (stop === undefined || stop.length <= MOST_STOPS) return stop
  warnings.push(`Google takes at most ${MOST_STOPS} stop sequences; the first ${MOST_STOPS} were used.`)
  return stop.slice(0, MOST_STOPS)
}

/** A seed, unless it is larger than Google's. */
export function fittingSeed(asked: number | undefined, warnings: string[]): number | undefined {
  if (asked === undefined || isInt32(asked)) return asked
  warnings.push('Google takes a seed of 32 bits; the seed was left out.')
  return undefined
}

/** What Google has no setting for. */
function warnOfUnsupported(call: TextCall, warnings: string[]): void {
  if (call.parallelToolCalls === false) warnings.push('Google cannot be kept from calling several tools at once.')
  if (call.user !== undefined) warnings.push('Google takes no end user; user was left out.')
  const hasDetail = (part: ContentPart) => part.type === 'image' && part.detail !== undefined && part.detail !== 'auto'
  if (call.messages.some((said) => (said.role === 'user' || said.role === 'tool') && said.content.some(hasDetail))) {
    warnings.push('The detail of single pictures was left out.')
  }
}

/** A schema with what is said of it, for which there is no other place. */
const described = ({ schema, description }: Extract<OutputFormat, { type: 'schema' }>): Json =>
  description !== undefined && schema.description === undefined ? { ...schema, description } : schema

/** A form that cannot be asked for natively, in words. */
const inWords = (output: OutputFormat): Part => ({
  text:
    output.type === 'json'
      ? 'Answer with a JSON object and nothing else.'
      : `Answer with JSON that is valid against this JSON Schema, and with nothing else: ${JSON.stringify(output.schema)}`,
})

/**
 * The body of `generateContent` and `streamGenerateContent`, and what could
 * not be sent as it was asked for. Before Gemini 3, tools and a form of the
 * answer exclude each other: then the form is asked for in words.
 * Source: Gemini API reference, generateContent, and structured output guide, read November 2026.
 *
 * @throws TurnoutError invalid_input
 */
export function textRequest(call: TextCall): { body: Json; warnings: string[] } {
  const warnings: string[] = []
  const { request, config } = readDefaults(call.defaults)
  const { contents, system, movedSystem } = wireContents(call.messages, call.model)
  if (movedSystem) warnings.push('System messages within the conversation were moved to its beginning.')
  const hasTools = (call.tools?.length ?? 0) > 0
  const form = call.output
  const isNative = form !== undefined && (!hasTools || isGemini3(call.model))
  if (form && !isNative) {
    warnings.push(`${call.model} takes no form of the answer beside tools; it was asked for in words.`)
    system.push(inWords(form))
  }
  warnOfUnsupported(call, warnings)
  const generationConfig = present({
    ...config,
    ...present({
      responseMimeType: isNative ? 'application/json' : undefined,
      responseJsonSchema: isNative && form.type === 'schema' ? described(form) : undefined,
      maxOutputTokens: call.maxTokens,
      temperature: call.temperature,
      topP: call.topP,
      stopSequences: stops(call, warnings),
      seed: fittingSeed(call.seed, warnings),
      presencePenalty: call.presencePenalty,
      frequencyPenalty: call.frequencyPenalty,
      thinkingConfig: call.reasoning && thinkingConfig(call.model, call.reasoning, warnings),
    }),
  })
  const functionCallingConfig = hasTools ? callingConfig(call, warnings) : undefined
  return {
    warnings,
    body: {
      ...request,
      ...present({
        systemInstruction: system.length > 0 ? { parts: system } : undefined,
        tools: hasTools ? [{ functionDeclarations: call.tools!.map(declaration) }] : undefined,
        toolConfig: functionCallingConfig && { functionCallingConfig },
      }),
      contents,
      generationConfig,
    },
  }
}
