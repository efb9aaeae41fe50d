import type { TransformSettings } from '@turnout/contract'
import type { ImageCall, VideoCall } from '../media.ts'
import type { Picture } from '../text.ts'

type Call = Omit<ImageCall, 'count'> & Omit<VideoCall, 'pictures'> & { count?: number }

/** A call as its model's record says that the provider takes it. */
export interface WrittenCall {
  fields: Record<string, unknown>
  /** Settings of the call that have a place there. */
  taken: (keyof TransformSettings)[]
}

function put(target: Record<string, unknown>, path: string, value: unknown): void {
  if (value === undefined) return
  const keys = path.split('.')
  const last = keys.pop()!
  let at = target
  for (const key of keys) {
    if (typeof at[key] !== 'object' || at[key] === null) at[key] = {}
    at = at[key] as Record<string, unknown>
  }
  at[last] = value
}

type SecondsField = NonNullable<TransformSettings['seconds']>

/** Most providers have whole seconds; those that count frames have one more, which begins the video. */
function secondsIn({ form, framesPerSecond = 24 }: SecondsField, seconds: number, rate: number | undefined): unknown {
  switch (form) {
    case 'number':
      return seconds
    case 'text':
      return String(seconds)
    case 'suffixed':
      return `${seconds}s`
    case 'frames':
      return Math.round(seconds * (rate ?? framesPerSecond)) + 1
  }
}

/** Settings that are written as they are. */
const PLAIN = [
  'negativePrompt',
  'aspectRatio',
  'seed',
  'guidanceScale',
  'steps',
  'strength',
  'style',
  'quality',
  'background',
  'outputFormat',
  'framesPerSecond',
  'resolution',
  'audio',
] as const

/**
 * Writes a call in the provider's fields as the model's record declares them.
 *
 * @param urlOf How the provider takes a picture.
 */
export function writeCall(
  settings: TransformSettings,
  call: Partial<Call> & { prompt: string },
  urlOf: (picture: Picture) => unknown,
): WrittenCall {
  const fields: Record<string, unknown> = {}
  const { prompt, size, pictures = [], seconds, count, loras = [] } = call
  if (settings.prompt !== undefined && prompt !== '') put(fields, settings.prompt, prompt)
  for (const name of PLAIN) if (settings[name] !== undefined) put(fields, settings[name], call[name])
  if (settings.count !== undefined) put(fields, settings.count, count)
  if (settings.loras !== undefined && loras.length > 0) put(fields, settings.loras, loras)
  if (settings.size !== undefined && size !== undefined) writeSize(fields, settings.size, size)
  if (settings.seconds !== undefined && seconds !== undefined) {
    put(fields, settings.seconds.field, secondsIn(settings.seconds, seconds, call.framesPerSecond))
  }
  if (settings.pictures !== undefined && pictures.length > 0) {
    if ('list' in settings.pictures) put(fields, settings.pictures.list, pictures.map(urlOf))
    else
      for (const [index, field] of settings.pictures.fields.entries()) putPicture(fields, field, pictures[index], urlOf)
  }
  for (const name of ['mask', 'lastFrame'] as const) {
    if (settings[name] !== undefined) putPicture(fields, settings[name], call[name], urlOf)
  }
  const taken = Object.keys(settings) as (keyof TransformSettings)[]
  return { fields, taken }
}

function putPicture(
  fields: Record<string, unknown>,
  field: string,
  picture: Picture | undefined,
  urlOf: (picture: Picture) => unknown,
): void {
  if (picture !== undefined) put(fields, field, urlOf(picture))
}

function writeSize(
  fields: Record<string, unknown>,
  where: NonNullable<TransformSettings['size']>,
  { width, height }: { width: number; height: number },
): void {
  if ('field' in where) put(fields, where.field, where.form === 'object' ? { width, height } : `${width}x${height}`)
  else {
    put(fields, where.width, width)
    put(fields, where.height, height)
  }
}

/** How many pictures there is room for. */
export const roomForPictures = (settings: TransformSettings): number => {
  const { pictures } = settings
  if (pictures === undefined) return 0
  return 'list' in pictures ? Number.POSITIVE_INFINITY : pictures.fields.length
}
