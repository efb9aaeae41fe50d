import type { Capabilities, Model } from '@turnout/contract'
import { isGiven } from '../../lib/objects.ts'
import { TurnoutError } from '../error.ts'
import { checkInputs } from '../image/inputs.ts'
import type { MappedSetting } from '../image/request.ts'
import { fitShape } from '../image/shape.ts'
import { declaredFor } from '../inputs/declared.ts'
import { roomForPictures } from '../inputs/write.ts'
import { numbersOf, wordsOf } from './choices.ts'
import type { FittedVideo, VideoRequest, VideoSettingNames } from './request.ts'

/** What models without a notion of it refuse, because leaving it out would change the video. */
const SWITCHES: readonly [keyof VideoRequest, keyof Capabilities, string][] = [
  ['negativePrompt', 'negativePrompt', 'a negative prompt'],
  ['seed', 'seed', 'a seed'],
  ['pictures', 'imageInput', 'pictures'],
  ['lastFrame', 'imageInput', 'a last frame'],
]

type Called = (setting: keyof VideoRequest) => string

function missing({ id }: Model, what: string, param: string): TurnoutError {
  return new TurnoutError('capability_missing', `Model ${id} does not take ${what} (${param}).`, { param })
}

/** @throws TurnoutError capability_missing */
function requireCapabilities(model: Model, request: VideoRequest, called: Called): void {
  if (!model.output.includes('video')) {
    const makes = model.output.join(' and ')
    throw new TurnoutError('capability_missing', `Model ${model.id} does not make videos; it makes ${makes}.`, {
      param: 'model',
    })
  }
  for (const [setting, capability, what] of SWITCHES) {
    if (isGiven(request[setting]) && model.capabilities[capability] === false)
      throw missing(model, what, called(setting))
  }
  const { settings } = model.transform ?? {}
  if (settings === undefined) return
  if (isGiven(request.lastFrame) && settings.lastFrame === undefined)
    throw missing(model, 'a last frame', called('lastFrame'))
  if (request.audio === true && settings.audio === undefined) throw missing(model, 'sound', called('audio'))
}

/** @throws TurnoutError invalid_input */
function requireWithin(model: Model, { prompt, pictures = [] }: VideoRequest, called: Called): void {
  const { id, limits, transform } = model
  const refuse = (setting: keyof VideoRequest, must: string): never => {
    const param = called(setting)
    throw new TurnoutError('invalid_input', `${param} must ${must}.`, { param })
  }
  if (limits.promptCharacters !== undefined && prompt.length > limits.promptCharacters) {
    refuse('prompt', `have at most ${limits.promptCharacters} characters for model ${id}`)
  }
  const most = Math.min(
    limits.inputImages ?? Infinity,
    transform?.settings ? roomForPictures(transform.settings) : Infinity,
  )
  if (pictures.length > most) refuse('pictures', `have at most ${most} entries for model ${id}`)
}

/** The nearest of the numbers that a model has, and a word on it where that is another one. */
function fitNumber(
  model: Model,
  setting: 'seconds' | 'framesPerSecond',
  asked: number,
  called: Called,
  mapped: MappedSetting[],
): number {
  const { listed, least, most, whole } = numbersOf(model, setting)
  const within = Math.min(most, Math.max(least, asked))
  const rounded = whole ? Math.min(Math.floor(most), Math.max(Math.ceil(least), Math.round(within))) : within
  const used =
    listed === undefined
      ? rounded
      : listed.reduce((best, each) => (Math.abs(each - asked) < Math.abs(best - asked) ? each : best))
  if (used === asked) return used
  const what = setting === 'seconds' ? 'durations' : 'frame rates'
  const range = `${what} from ${least} to ${most}${whole ? ' in whole numbers' : ''}`
  const reason = listed ? `the model has these ${what}: ${listed.join(', ')}` : `the model has ${range}`
  mapped.push({ setting: called(setting), asked, used, reason })
  return used
}

/** The lines of a resolution, as the words of providers stand for them; NaN for other words. */
function linesOf(word: string): number {
  const named: Readonly<Record<string, number>> = {
    sd: 480,
    hd: 720,
    fhd: 1080,
    '2k': 1440,
    qhd: 1440,
    '4k': 2160,
    uhd: 2160,
  }
  const key = word.trim().toLowerCase()
  return named[key] ?? Number(/^(\d{3,4})p?$/.exec(key)?.[1] ?? Number.NaN)
}

/** @throws TurnoutError invalid_input for a word that is no resolution */
function fitResolution(model: Model, asked: string, called: Called, mapped: MappedSetting[]): string {
  const allowed = wordsOf(model, 'resolution')
  if (allowed === undefined || allowed.includes(asked)) return asked
  const wanted = linesOf(asked)
  const comparable = allowed.filter((word) => !Number.isNaN(linesOf(word)))
  const setting = called('resolution')
  if (Number.isNaN(wanted) || comparable.length === 0) {
    throw new TurnoutError('invalid_input', `${setting} must be one of ${allowed.join(', ')} for model ${model.id}.`, {
      param: setting,
    })
  }
  const distance = (word: string) => Math.abs(Math.log(linesOf(word) / wanted))
  const used = comparable.reduce((best, word) => (distance(word) < distance(best) ? word : best))
  mapped.push({ setting, asked, used, reason: `the model has these resolutions: ${allowed.join(', ')}` })
  return used
}

/** A size also says how fine the video is, which a model that takes ratios is told apart. */
function resolutionOf(model: Model, { resolution, width, height }: VideoRequest, byRatio: boolean): string | undefined {
  if (resolution !== undefined || !byRatio || width === undefined || height === undefined) return resolution
  const allowed = wordsOf(model, 'resolution')
  return allowed?.some((word) => !Number.isNaN(linesOf(word))) ? `${Math.min(width, height)}p` : undefined
}

/**
 * A request as its model takes it. Duration, size, aspect ratio, resolution
 * and frame rate are mapped to the nearest that the model has, and that is
 * reported; what a model has no notion of is refused.
 *
 * @param names What the request calls its settings, for the messages.
 * @throws TurnoutError capability_missing, invalid_input
 */
export function fitVideo(model: Model, request: VideoRequest, names: VideoSettingNames = {}): FittedVideo {
  const called: Called = (setting) => names[setting] ?? setting
  requireCapabilities(model, request, called)
  requireWithin(model, request, called)
  const { inputs, seconds, framesPerSecond } = request
  const declared = declaredFor(model, request)
  if (!request.inputsChecked && (inputs !== undefined || model.inputs !== undefined)) {
    const root = names.inputs ?? 'inputs'
    checkInputs(inputs ?? {}, { model, root, supplied: isGiven(request.pictures), written: declared.written })
  }
  const { size, aspectRatio, mapped: shaped } = fitShape(model, request, names)
  const mapped: MappedSetting[] = [...shaped]
  const resolution = resolutionOf(model, request, aspectRatio !== undefined)
  return {
    settings: {
      prompt: request.prompt,
      negativePrompt: request.negativePrompt,
      size,
      aspectRatio,
      seed: request.seed,
      audio: request.audio,
      seconds: seconds === undefined ? undefined : fitNumber(model, 'seconds', seconds, called, mapped),
      framesPerSecond:
        framesPerSecond === undefined
          ? undefined
          : fitNumber(model, 'framesPerSecond', framesPerSecond, called, mapped),
      resolution: resolution === undefined ? undefined : fitResolution(model, resolution, called, mapped),
      ...declared.call,
    },
    count: request.count,
    mapped,
  }
}
