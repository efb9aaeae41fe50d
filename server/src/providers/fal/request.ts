import { TurnoutError } from '../../core/error.ts'
import { writeCall } from '../../core/inputs/write.ts'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import type { Picture } from '../../core/text.ts'
import { leftOut, type MediaSetting, requireAtMost, urlOf, warnOfCount } from '../shared/media.ts'

type Json = Readonly<Record<string, unknown>>

/** A call as its endpoint takes it. */
export interface FalRequest {
  body: Record<string, unknown>
  warnings: string[]
}

/**
 * Pictures in the field that the endpoint has for them.
 *
 * @throws TurnoutError invalid_input for more than it takes, capability_missing where it takes none
 */
export function pictureFields(
  pictures: readonly Picture[] | undefined,
  field: string | undefined,
  model: string,
  provider: string,
): Record<string, unknown> {
  if (pictures === undefined || pictures.length === 0) return {}
  if (field === undefined) {
    throw new TurnoutError('capability_missing', `${model} takes no pictures.`, { provider, param: 'pictures' })
  }
  if (field.endsWith('s')) return { [field]: pictures.map(urlOf) }
  requireAtMost(pictures, 1, provider)
  return { [field]: urlOf(pictures[0]!) }
}

/** The one endpoint that itself has the fields `lora_url` and `lora_scale`. */
const SINGLE_LORA = 'fal-ai/lcm'

/** Fields in fal's words, in which one LoRA may also be given as `lora_url` and `lora_scale`. */
function spelledOut(fields: Json | undefined, model: string): Json {
  if (fields?.lora_url === undefined || model === SINGLE_LORA) return fields ?? {}
  const { lora_url: path, lora_scale: scale, ...rest } = fields
  return { ...rest, loras: [{ path, ...(scale !== undefined && { scale }) }] }
}

/** What is sent: the call over the defaults of the model, and the fields in fal's own words over both. */
export const bodyOf = (
  { model, defaults, inputs }: { model: string; defaults?: Json; inputs?: Json },
  derived: Json,
): Record<string, unknown> => {
  const body: Record<string, unknown> = { ...spelledOut(defaults, model) }
  for (const name in derived) if (derived[name] !== undefined) body[name] = derived[name]
  return Object.assign(body, spelledOut(inputs, model))
}

/**
 * A call of a model whose record says itself what its endpoint calls the
 * settings: no table is asked. Undefined for one whose record says nothing.
 */
export function declaredRequest(call: ImageCall | VideoCall): FalRequest | undefined {
  const settings = call.transform?.settings
  if (settings === undefined) return undefined
  const { fields, taken } = writeCall(settings, call, urlOf)
  const warnings = leftOut(call, taken as MediaSetting[])
  if ('count' in call && settings.count === undefined) warnOfCount(call, warnings)
  if (settings.prompt === undefined && call.prompt.trim() !== '') {
    warnings.push('The model takes no prompt; it was left out.')
  }
  return { body: bodyOf(call, fields), warnings }
}
