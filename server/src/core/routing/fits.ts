import type { Limits } from '@turnout/contract'
import type { Candidate } from '../route.ts'
import type { Capability, Needs } from './needs.ts'

/** Why a candidate does not serve a request as it is: a capability that it lacks, or one of these. */
export type RefusalCode =
  | Capability
  | 'output'
  | 'audio'
  | 'condition'
  | 'context'
  | 'context_estimate'
  | 'output_tokens'
  | 'prompt'
  | 'input_images'
  | 'size'
  | 'count'

/**
 * What a refusal means.
 * - `bar`: the candidate cannot serve the request.
 * - `loss`: it can serve what is left of it when something is given up.
 * - `bend`: it can serve it in another way, which is told: a mode that is
 *   replaced by an instruction, a size by the nearest one, a limit by a lower
 *   one. So would the model if it were asked for by its own name.
 */
export type Grade = 'bar' | 'loss' | 'bend'

const LOSSES: ReadonlySet<RefusalCode> = new Set(['vision'])
const BENDS: ReadonlySet<RefusalCode> = new Set([
  'structuredOutput',
  'jsonMode',
  'output_tokens',
  'context_estimate',
  'size',
  'count',
])

export const gradeOf = (code: RefusalCode): Grade => (LOSSES.has(code) ? 'loss' : BENDS.has(code) ? 'bend' : 'bar')

/** By so much an estimate of tokens may be wrong. */
const ESTIMATE_SLACK = 1.5

function meets({ when }: Candidate, needs: Needs): boolean {
  if (when === undefined) return true
  const { input, needs: some, maxInputTokens, minInputTokens, metadata } = when
  if (input && !needs.input.every((modality) => input.includes(modality))) return false
  if (some && !some.some((capability) => needs.capabilities.includes(capability))) return false
  if (maxInputTokens !== undefined && needs.inputTokens > maxInputTokens) return false
  if (minInputTokens !== undefined && needs.inputTokens < minInputTokens) return false
  for (const name in metadata) if (needs.metadata[name] !== metadata[name]) return false
  return true
}

function allowsSize(
  { sizes, minSide = 1, maxSide = Number.POSITIVE_INFINITY, sideMultiple = 1, maxPixels, maxAspect }: Limits,
  { width, height }: NonNullable<Needs['size']>,
): boolean {
  if (sizes) return sizes.includes(`${width}x${height}`)
  const short = Math.min(width, height)
  const long = Math.max(width, height)
  if (short < minSide || long > maxSide || width % sideMultiple !== 0 || height % sideMultiple !== 0) return false
  return width * height <= (maxPixels ?? Number.POSITIVE_INFINITY) && long / short <= (maxAspect ?? long)
}

/**
 * Why a candidate does not serve a request as it is; undefined where it does.
 * Of several reasons the gravest is told. What is not known of a model counts
 * as something that it can do: its provider decides.
 */
export function refusalOf(candidate: Candidate, needs: Needs): RefusalCode | undefined {
  const { model } = candidate.deployment
  const { capabilities, limits } = model
  if (!model.output.includes(needs.output)) return 'output'
  if (candidate.when !== undefined && !meets(candidate, needs)) return 'condition'
  let lesser: RefusalCode | undefined
  for (const capability of needs.capabilities) {
    if (capabilities[capability] !== false) continue
    const grade = gradeOf(capability)
    if (grade === 'bar') return capability
    if (grade === 'loss' || lesser === undefined) lesser = capability
  }
  if (needs.input.length > 1 && needs.input.includes('audio') && !model.input.includes('audio')) return 'audio'
  const { contextTokens } = limits
  if (contextTokens !== undefined) {
    const tokens = needs.inputTokens + (needs.maxTokens ?? 0)
    if (tokens > contextTokens * ESTIMATE_SLACK) return 'context'
    if (tokens > contextTokens) lesser ??= 'context_estimate'
  }
  if (needs.output === 'image') {
    const { promptCharacters = 0, inputImages = 0, images = 1, size } = needs
    if (promptCharacters > (limits.promptCharacters ?? Number.POSITIVE_INFINITY)) return 'prompt'
    if (inputImages > (limits.inputImages ?? Number.POSITIVE_INFINITY)) return 'input_images'
    if (images > (limits.images ?? Number.POSITIVE_INFINITY)) lesser ??= 'count'
    if (size !== undefined && !allowsSize(limits, size)) lesser ??= 'size'
  } else if ((needs.maxTokens ?? 0) > (limits.outputTokens ?? Number.POSITIVE_INFINITY)) lesser ??= 'output_tokens'
  return lesser
}

const SENTENCES: Readonly<Record<RefusalCode, (candidate: Candidate, needs: Needs) => string>> = {
  output: ({ deployment }, { output }) => `makes ${deployment.model.output.join(' and ')}, not ${output}`,
  audio: () => 'does not take sound',
  condition: () => 'is not meant for such requests: its condition in the pool does not hold',
  context: ({ deployment }, { inputTokens, maxTokens = 0 }) =>
    `has a context of ${deployment.model.limits.contextTokens} tokens, too small for about ${inputTokens + maxTokens}`,
  context_estimate: ({ deployment }, { inputTokens, maxTokens = 0 }) =>
    `has a context of ${deployment.model.limits.contextTokens} tokens, perhaps too small for about ${inputTokens + maxTokens}`,
  output_tokens: ({ deployment }, { maxTokens }) =>
    `puts out at most ${deployment.model.limits.outputTokens} tokens, not ${maxTokens}`,
  prompt: ({ deployment }) => `takes prompts of at most ${deployment.model.limits.promptCharacters} characters`,
  input_images: ({ deployment }) => `takes at most ${deployment.model.limits.inputImages} pictures`,
  size: (_, { size }) => `does not make pictures of ${size?.width}x${size?.height}`,
  count: ({ deployment }, { images }) =>
    `makes at most ${deployment.model.limits.images} pictures at once, not ${images}`,
  streaming: () => 'does not stream',
  tools: () => 'does not call tools',
  parallelTools: () => 'does not call several tools at once',
  structuredOutput: () => 'has no mode for answers by a JSON Schema',
  jsonMode: () => 'has no mode for JSON',
  vision: () => 'does not take pictures',
  reasoning: () => 'does not reason',
  temperature: () => 'does not take a temperature',
  prefill: () => 'does not continue an answer that has begun',
  seed: () => 'does not take a seed',
  negativePrompt: () => 'does not take a negative prompt',
  guidance: () => 'does not take a guidance scale',
  steps: () => 'does not take a number of steps',
  lora: () => 'does not take LoRAs',
  imageInput: () => 'does not take pictures to start from',
  mask: () => 'does not take a mask',
  partialImages: () => 'does not stream previews',
  transparency: () => 'does not make transparent pictures',
}

/** A refusal in words. */
export interface Refusal {
  code: RefusalCode
  /** Reads on after the name of the model. */
  reason: string
}

export const sentenceOf = (code: RefusalCode, candidate: Candidate, needs: Needs): string =>
  SENTENCES[code](candidate, needs)

/** Why a candidate does not serve a request as it is, in words; undefined where it does. */
export function fits(candidate: Candidate, needs: Needs): Refusal | undefined {
  const code = refusalOf(candidate, needs)
  return code && { code, reason: sentenceOf(code, candidate, needs) }
}
