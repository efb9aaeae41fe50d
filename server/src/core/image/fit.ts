import type { Capabilities, Model } from '@turnout/contract'
import { isGiven } from '../../lib/objects.ts'
import { TurnoutError } from '../error.ts'
import { declaredFor } from '../inputs/declared.ts'
import { checkInputs } from './inputs.ts'
import type { FittedImage, ImageRequest, MappedSetting, SettingNames } from './request.ts'
import { fitShape } from './shape.ts'
import { fitBackground, fitFormat, fitQuality, fitStyle } from './words.ts'

/** What models without a notion of it refuse, because leaving it out would change the picture. */
const SWITCHES: readonly [keyof ImageRequest, keyof Capabilities, string][] = [
  ['negativePrompt', 'negativePrompt', 'a negative prompt'],
  ['guidanceScale', 'guidance', 'a guidance scale'],
  ['steps', 'steps', 'a number of steps'],
  ['seed', 'seed', 'a seed'],
  ['pictures', 'imageInput', 'pictures'],
  ['mask', 'mask', 'a mask'],
  ['loras', 'lora', 'LoRAs'],
]

/** @throws TurnoutError capability_missing */
function requireCapabilities(model: Model, request: ImageRequest, called: (setting: keyof ImageRequest) => string) {
  for (const [setting, capability, what] of SWITCHES) {
    if (!isGiven(request[setting]) || model.capabilities[capability] !== false) continue
    const param = called(setting)
    throw new TurnoutError('capability_missing', `Model ${model.id} does not take ${what} (${param}).`, { param })
  }
}

/** @throws TurnoutError invalid_input */
function requireWithin({ id, limits }: Model, request: ImageRequest, called: (setting: keyof ImageRequest) => string) {
  const refuse = (setting: keyof ImageRequest, must: string): never => {
    const param = called(setting)
    throw new TurnoutError('invalid_input', `${param} must ${must}.`, { param })
  }
  const { pictures = [], prompt } = request
  if (limits.promptCharacters !== undefined && prompt.length > limits.promptCharacters) {
    refuse('prompt', `have at most ${limits.promptCharacters} characters for model ${id}`)
  }
  if (limits.inputImages !== undefined && pictures.length > limits.inputImages) {
    refuse('pictures', `have at most ${limits.inputImages} entries for model ${id}`)
  }
  for (const setting of ['mask', 'strength'] as const) {
    if (request[setting] !== undefined && pictures.length === 0) {
      refuse(setting, 'come with a picture that it is about')
    }
  }
}

/**
 * A request as its model takes it. Size, aspect ratio, quality and format are
 * mapped to the nearest that the model has, and that is reported; what a model
 * has no notion of is refused.
 *
 * @param names What the request calls its settings, for the messages.
 * @throws TurnoutError capability_missing, invalid_input
 */
export function fitImage(model: Model, request: ImageRequest, names: SettingNames = {}): FittedImage {
  const called = (setting: keyof ImageRequest): string => names[setting] ?? setting
  requireCapabilities(model, request, called)
  requireWithin(model, request, called)
  const { inputs, quality, style, background, outputFormat } = request
  const declared = declaredFor(model, request)
  if (!request.inputsChecked && (inputs !== undefined || model.inputs !== undefined)) {
    const root = names.inputs ?? 'inputs'
    checkInputs(inputs ?? {}, { model, root, supplied: isGiven(request.pictures), written: declared.written })
  }
  const { size, aspectRatio, mapped: shaped } = fitShape(model, request, names)
  const mapped: MappedSetting[] = [...shaped]
  return {
    settings: {
      prompt: request.prompt,
      negativePrompt: request.negativePrompt,
      size,
      aspectRatio,
      seed: request.seed,
      count: request.count,
      guidanceScale: request.guidanceScale,
      steps: request.steps,
      strength: request.strength,
      loras: isGiven(request.loras) ? request.loras : undefined,
      style: style === undefined ? undefined : fitStyle(model, style, called('style')),
      quality: quality === undefined ? undefined : fitQuality(model, quality, called('quality'), mapped),
      background: background === undefined ? undefined : fitBackground(model, background, called('background')),
      outputFormat:
        outputFormat === undefined ? undefined : fitFormat(model, outputFormat, called('outputFormat'), mapped),
      ...declared.call,
    },
    mapped,
  }
}
