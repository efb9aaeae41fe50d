import type { ImageCall } from '../../core/media.ts'
import type { Picture } from '../../core/text.ts'
import { defined } from '../../lib/objects.ts'
import { inlineOf, leftOut, requireAtMost, urlOrBase64, warnOfCount } from '../shared/media.ts'
import { type Family, familyOf, takenBy } from './families.ts'
import { shapeFields } from './shape.ts'

/** A call as BFL takes it. */
export interface BflRequest {
  endpoint: string
  body: Record<string, unknown>
  warnings: string[]
}

function bounded(what: string, value: number | undefined, range: Family['steps'], warnings: string[]) {
  if (value === undefined || range === undefined) return undefined
  const sent = Math.min(range.max, Math.max(range.min, value))
  if (sent !== value) warnings.push(`The ${what} goes from ${range.min} to ${range.max}: ${value} became ${sent}.`)
  return sent
}

function pictureFields(family: Family, pictures: readonly Picture[], provider: string): Record<string, unknown> {
  const { pictures: fields } = family
  const texts = pictures.map((picture) => (family.links ? urlOrBase64(picture) : inlineOf(picture, provider).base64))
  if ('list' in fields) {
    requireAtMost(pictures, fields.most, provider)
    return texts.length > 0 ? { [fields.list]: texts } : {}
  }
  requireAtMost(pictures, fields.length, provider)
  return Object.fromEntries(texts.map((text, index) => [fields[index]!, text]))
}

/** How much the picture counts where the call says how far to depart from it; rounded, because it is shown. */
const weightOf = (strength: number): number => Math.round((1 - strength) * 1e6) / 1e6

/** @throws TurnoutError invalid_input */
export function imageRequest(call: ImageCall, provider: string): BflRequest {
  const { endpoint, family, warning } = familyOf(call.model)
  const warnings = [...(warning ? [warning] : []), ...leftOut(call, takenBy(family))]
  warnOfCount(call, warnings)
  const derived: Record<string, unknown> = {
    prompt: family.prompt === false ? undefined : call.prompt,
    seed: family.seed === false ? undefined : call.seed,
    steps: bounded('number of steps', call.steps, family.steps, warnings),
    guidance: bounded('guidance scale', call.guidanceScale, family.guidance, warnings),
    ...shapeFields(family.shape, call, warnings),
    ...pictureFields(family, call.pictures ?? [], provider),
  }
  if (call.outputFormat !== undefined && family.formats.length > 0) {
    if (family.formats.includes(call.outputFormat)) derived.output_format = call.outputFormat
    else warnings.push(`The model does not write ${call.outputFormat}; its formats are ${family.formats.join(', ')}.`)
  }
  if (family.mask && call.mask) derived.mask = urlOrBase64(call.mask)
  if (family.weight && call.strength !== undefined) derived[family.weight] = weightOf(call.strength)
  return { endpoint, body: { ...call.defaults, ...defined(derived), ...call.inputs }, warnings }
}
