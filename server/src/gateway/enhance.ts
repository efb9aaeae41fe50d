import type { EnhancedPrompt, EnhancePrompt } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Registry } from '../registry/types.ts'
import type { Caller, Generation } from './types.ts'

const SUBJECTS = {
  image: 'a model that makes pictures: subject, composition, light, colours, lens or medium, and mood',
  video: 'a model that makes videos: subject, action over time, camera movement, light and mood',
  text: 'a language model: task, audience, form and length of the answer',
} as const

const instruction = ({ modality, style }: EnhancePrompt): string =>
  [
    `You improve prompts for ${SUBJECTS[modality]}.`,
    'Keep everything that the prompt asks for, and every word in quotation marks exactly as it is. Add only what makes it concrete.',
    ...(style === undefined ? [] : [`The style is: ${style}.`]),
    'Answer in the language of the prompt, with the improved prompt alone: no introduction, no quotation marks around it.',
  ].join(' ')

const ROLE = 'prompt_enhancer'
const MAX_TOKENS = 800

/** Whoever enhances prompts; undefined where nobody is configured for it. */
function enhancerOf({ snapshot }: Registry): { modelId: string } | { role: string } | undefined {
  if (snapshot.promptModel !== undefined) return { modelId: snapshot.promptModel.id }
  return snapshot.roles.has(ROLE) ? { role: ROLE } : undefined
}

/** A quoted answer is the answer in quotes. */
const unquoted = (text: string): string => /^(["'“])([\s\S]+)(["'”])$/.exec(text)?.[2] ?? text

/**
 * A prompt, improved by the model for that: the one of PROMPT_MODEL_INDEX, else
 * the role prompt_enhancer. Where that fails, the prompt stays as it is and
 * the answer says why; what was spent until then is told all the same.
 *
 * @throws TurnoutError model_not_enabled where nobody is configured for it; canceled
 */
export async function enhancePrompt(
  generation: Pick<Generation, 'text'>,
  registry: Registry,
  asked: EnhancePrompt,
  caller: Caller,
): Promise<EnhancedPrompt> {
  const enhancer = enhancerOf(registry)
  if (enhancer === undefined) {
    throw new TurnoutError(
      'model_not_enabled',
      'No model is configured to enhance prompts: set PROMPT_MODEL_INDEX, or make the role prompt_enhancer.',
      { param: 'enhance' },
    )
  }
  const { prompt: original, modality } = asked
  const same = { prompt: original, original, modality, enhanced: false as const }
  try {
    const request = {
      ...enhancer,
      prompt: original,
      systemPrompt: instruction(asked),
      maxTokens: MAX_TOKENS,
      stream: false as const,
    }
    const { content, finishReason, model, cost, warnings } = await generation.text(request, caller)
    const prompt = unquoted(content.trim())
    const failure =
      prompt === '' ? 'it answered nothing' : finishReason === 'length' ? 'its answer was cut off' : undefined
    if (failure === undefined) return { prompt, original, modality, enhanced: true, model, cost, warnings }
    return { ...same, model, cost, warnings: [...warnings, notEnhanced(failure)] }
  } catch (thrown) {
    const error = TurnoutError.from(thrown)
    if (error.code === 'canceled') throw error
    return { ...same, model: null, cost: null, warnings: [notEnhanced(error.message)] }
  }
}

const notEnhanced = (why: string): string =>
  `The prompt was not enhanced: ${why.replace(/\.$/, '')}. The original was used.`
