import type { Model } from '@turnout/contract'
import { TurnoutError } from '../error.ts'
import type { ImageCall } from '../media.ts'
import { choicesOf } from './inputs.ts'
import type { MappedSetting } from './request.ts'

/** What the inputs of a model may call a setting that Turnout has a name for. */
const SPELLINGS = {
  quality: ['quality'],
  style: ['style', 'style_preset'],
  outputFormat: ['output_format', 'outputFormat', 'image_format'],
  background: ['background'],
} as const

type Word = keyof typeof SPELLINGS

/** The values that a model's record allows; undefined where it does not tell. */
function choices({ inputs }: Model, word: Word): readonly string[] | undefined {
  for (const name of SPELLINGS[word]) {
    const found = choicesOf(inputs, name)
    if (found) return found
  }
  return undefined
}

const notAllowed = (setting: string, asked: string, allowed: readonly string[], model: string): TurnoutError =>
  new TurnoutError(
    'invalid_input',
    `${setting} must be one of ${allowed.join(', ')} for model ${model}, not ${JSON.stringify(asked)}.`,
    { param: setting },
  )

/** The qualities of models that are gone, in the words of those that took their place. */
const OLD_QUALITIES: ReadonlyMap<string, string> = new Map([
  ['standard', 'medium'],
  ['hd', 'high'],
])

/** @throws TurnoutError invalid_input for a quality that the model does not have */
export function fitQuality(model: Model, asked: string, setting: string, mapped: MappedSetting[]): string | undefined {
  if (asked === 'auto') return undefined
  const allowed = choices(model, 'quality')
  if (allowed === undefined || allowed.includes(asked)) return asked
  const used = OLD_QUALITIES.get(asked)
  if (used === undefined || !allowed.includes(used)) throw notAllowed(setting, asked, allowed, model.id)
  mapped.push({ setting, asked, used, reason: `the model has these qualities: ${allowed.join(', ')}` })
  return used
}

/** @throws TurnoutError invalid_input for a style that the model does not have */
export function fitStyle(model: Model, asked: string, setting: string): string {
  const allowed = choices(model, 'style')
  if (allowed !== undefined && !allowed.includes(asked)) throw notAllowed(setting, asked, allowed, model.id)
  return asked
}

type Background = NonNullable<ImageCall['background']>

/** @throws TurnoutError capability_missing for a transparency that the model cannot draw */
export function fitBackground(model: Model, asked: Background, setting: string): Background | undefined {
  if (asked === 'transparent' && model.capabilities.transparency === false) {
    throw new TurnoutError('capability_missing', `Model ${model.id} draws no transparent background (${setting}).`, {
      param: setting,
    })
  }
  return asked === 'auto' ? undefined : asked
}

type Format = NonNullable<ImageCall['outputFormat']>

const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'svg', 'gif'] satisfies Format[]
const DRAWN_OTHERWISE: ReadonlySet<string> = new Set(['svg', 'gif'])

/**
 * The format that is sent. A still picture is the same one in every format of
 * pixels, so another of them is used where the model lacks the one that was
 * asked for, and that is reported; a drawing or a film is something else.
 *
 * @throws TurnoutError invalid_input
 */
export function fitFormat(model: Model, asked: string, setting: string, mapped: MappedSetting[]): Format {
  const wanted = asked === 'jpg' ? 'jpeg' : asked
  if (!FORMATS.includes(wanted)) throw notAllowed(setting, asked, FORMATS, model.id)
  const allowed = choices(model, 'outputFormat')
  if (allowed === undefined || allowed.includes(wanted)) return wanted as Format
  const used = FORMATS.find((format) => allowed.includes(format) && !DRAWN_OTHERWISE.has(format))
  if (used === undefined || DRAWN_OTHERWISE.has(wanted)) throw notAllowed(setting, asked, allowed, model.id)
  mapped.push({ setting, asked, used, reason: `the model has these formats: ${allowed.join(', ')}` })
  return used as Format
}
