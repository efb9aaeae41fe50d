import type { Model, TransformSettings } from '@turnout/contract'
import { inputOf } from '../image/inputs.ts'

type Json = Readonly<Record<string, unknown>>

/** What the inputs of a model may call a setting that Turnout has a name for. */
const SPELLINGS = {
  seconds: ['seconds', 'duration'],
  framesPerSecond: ['fps', 'frames_per_second', 'frame_rate'],
  resolution: ['resolution'],
} as const

type Setting = keyof typeof SPELLINGS

/** What a model's record says of the values that a setting may have. */
function specOf({ inputs, transform }: Model, setting: Setting): Json | undefined {
  const declared: TransformSettings[Setting] = transform?.settings?.[setting]
  if (declared !== undefined) {
    // A number of frames tells nothing of seconds.
    if (typeof declared !== 'string' && declared.form === 'frames') return undefined
    return inputOf(inputs, typeof declared === 'string' ? declared : declared.field)
  }
  for (const name of SPELLINGS[setting]) {
    const found = inputOf(inputs, name)
    if (found) return found
  }
  return undefined
}

/** The words that a model has for a setting; undefined where its record does not tell. */
export function wordsOf(model: Model, setting: Setting): string[] | undefined {
  const values = specOf(model, setting)?.enum
  return Array.isArray(values) ? values.filter((value): value is string => typeof value === 'string') : undefined
}

/** Numbers as providers list them: 5, "5" or "5s". */
function numbersIn(values: unknown): number[] | undefined {
  if (!Array.isArray(values)) return undefined
  const numbers = values.map((value) => Number(String(value).replace(/s$/, ''))).filter((value) => value > 0)
  return numbers.length > 0 ? numbers : undefined
}

export interface NumberChoices {
  listed?: readonly number[]
  least: number
  most: number
  whole: boolean
}

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

/** The numbers that a model has for a setting. */
export function numbersOf(model: Model, setting: Setting): NumberChoices {
  const spec = specOf(model, setting)
  const { minSeconds, maxSeconds } = model.limits
  const [least, most] = setting === 'seconds' ? [minSeconds ?? 0, maxSeconds ?? Infinity] : [0, Infinity]
  const form = model.transform?.settings?.seconds?.form
  return {
    listed: numbersIn(spec?.enum),
    least: Math.max(least, numberOr(spec?.minimum, least)),
    most: Math.min(most, numberOr(spec?.maximum, most)),
    whole: spec?.type === 'integer' || (setting === 'seconds' && (form === 'text' || form === 'suffixed')),
  }
}
