import { randomUUID } from 'node:crypto'
import { TurnoutError } from '../../core/error.ts'
import type { Picture } from '../../core/text.ts'
import { mediaTypeOfBytes } from '../../lib/media-type.ts'
import { encodeFields, encodeMultipart, type TextOrFile } from '../../lib/multipart.ts'

/** What adapters of media share: pictures on their way in, media types, shapes. */

export interface Size {
  width: number
  height: number
}

/** A picture whose bytes are in the call. */
export type InlinePicture = Extract<Picture, { base64: string }>

/** A picture as providers take it that fetch URLs themselves: its URL, or a data URL. */
export const urlOf = (picture: Picture): string =>
  'url' in picture ? picture.url : `data:${picture.mediaType};base64,${picture.base64}`

/** A picture as providers take it that read a URL or bare base64 from the same field. */
export const urlOrBase64 = (picture: Picture): string => ('url' in picture ? picture.url : picture.base64)

/**
 * A picture for an adapter with `links: false`, for which the caller has
 * fetched what was given by URL.
 *
 * @throws TurnoutError invalid_input for one that is still a URL
 */
export function inlineOf(picture: Picture, provider: string): InlinePicture {
  if ('base64' in picture) return picture
  throw new TurnoutError('invalid_input', `${provider} does not fetch pictures by URL; send them inline.`, { provider })
}

/** A picture that a request gives as text: a URL, a data URL or bare base64. */
export function pictureOf(text: string): Picture {
  const data = /^data:([^;,]+)(?:;[^,]*)?;base64,/.exec(text)
  if (data) return { base64: text.slice(data[0].length), mediaType: data[1]! }
  if (/^https?:/i.test(text)) return { url: text }
  const head = Buffer.from(text.slice(0, 64), 'base64')
  return { base64: text, mediaType: mediaTypeOfBytes(head) ?? 'application/octet-stream' }
}

/** @throws TurnoutError invalid_input for more pictures than the model takes, because none may be passed over */
export function requireAtMost(pictures: readonly Picture[], most: number, provider: string): void {
  if (pictures.length <= most) return
  const amount = most === 1 ? 'one picture' : `${most} pictures`
  throw new TurnoutError('invalid_input', `The model takes at most ${amount}; ${pictures.length} were given.`, {
    provider,
    param: 'pictures',
  })
}

/** The bytes of an inline picture. */
export const bytesOf = ({ base64 }: InlinePicture): Buffer => Buffer.from(base64, 'base64')

/** The media types of format words, which are also what file names end in. */
const FORMATS: ReadonlyMap<unknown, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['avif', 'image/avif'],
  ['svg', 'image/svg+xml'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['mov', 'video/quicktime'],
])

/** The media type of a format word such as `png`, `jpg` or `svg`; undefined for any other value. */
export const mediaTypeOfFormat = (format: unknown): string | undefined =>
  FORMATS.get(typeof format === 'string' ? format.toLowerCase() : format)

/** The media type that the path of a URL ends in; undefined where it says nothing. */
export function mediaTypeOfUrl(url: string): string | undefined {
  const path = URL.parse(url)?.pathname ?? url
  return mediaTypeOfFormat(/\.(\w+)$/.exec(path)?.[1])
}

/** The media type of a Content-Type header, without parameters; undefined where it names neither picture nor video. */
export function mediaTypeOfHeader(header: string | undefined): string | undefined {
  return header && /^\s*((?:image|video)\/[\w.+-]+)\s*(?:;|$)/i.exec(header)?.[1]?.toLowerCase()
}

/** Width over height of an aspect ratio such as `16:9`; NaN for words such as `auto`. */
export function shapeOf(ratio: string): number {
  const [width, height] = ratio.split(':').map(Number)
  return width! / (height ?? Number.NaN)
}

/**
 * The candidate whose shape is nearest: compared on a logarithmic scale, so
 * that wide and tall count alike; the first of equals.
 *
 * @param candidates At least one with a shape; those without, such as `auto`, are passed over
 */
export function nearestShape<T>(
  shape: number,
  candidates: readonly T[],
  shapeOfCandidate: (candidate: T) => number,
): T {
  let best = candidates[0] as T
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = Math.abs(Math.log(shapeOfCandidate(candidate) / shape))
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Nearer than any two ratios that a provider tells apart. */
const sameShape = (a: number, b: number): boolean => Math.abs(Math.log(a / b)) < 1e-3

/** A size for a provider that knows shapes alone: the nearest of its aspect ratios, and the sentence that says so. */
export function aspectRatioOf(size: Size, ratios: readonly string[]): { aspectRatio: string; warning: string } {
  const shape = size.width / size.height
  const aspectRatio = nearestShape(shape, ratios, shapeOf)
  const nearest = sameShape(shape, shapeOf(aspectRatio)) ? '' : ', the nearest that the model has'
  return {
    aspectRatio,
    warning: `The model takes an aspect ratio instead of a size: ${size.width}x${size.height} became ${aspectRatio}${nearest}.`,
  }
}

/** The words for the settings that not every model takes. */
const SETTINGS = {
  negativePrompt: 'negative prompt',
  size: 'size',
  aspectRatio: 'aspect ratio',
  seed: 'seed',
  pictures: 'pictures',
  guidanceScale: 'guidance scale',
  steps: 'number of steps',
  strength: 'strength',
  mask: 'mask',
  loras: 'LoRAs',
  style: 'style',
  quality: 'quality',
  background: 'transparent background',
  outputFormat: 'output format',
  seconds: 'duration',
  framesPerSecond: 'frame rate',
  resolution: 'resolution',
  audio: 'choice of audio',
  lastFrame: 'last frame',
} as const

/** A setting of an image or video call by its name there. */
export type MediaSetting = keyof typeof SETTINGS
const NAMES = Object.keys(SETTINGS) as MediaSetting[]

const isAsked = (setting: MediaSetting, value: unknown): boolean =>
  // Every model draws backgrounds that are not transparent.
  setting === 'background' ? value === 'transparent' : !Array.isArray(value) || value.length > 0

/** One sentence for every setting of the call that the model does not take and that is therefore not sent. */
export const leftOut = (
  call: Readonly<Partial<Record<MediaSetting, unknown>>>,
  taken: readonly MediaSetting[],
): string[] => {
  const warnings: string[] = []
  for (const setting of NAMES) {
    const value = call[setting]
    if (value === undefined || taken.includes(setting) || !isAsked(setting, value)) continue
    warnings.push(`The model takes no ${SETTINGS[setting]}; it was left out (${setting}).`)
  }
  return warnings
}

/** What is to be told of a count, where one call makes one picture. */
export function warnOfCount({ count }: { count: number }, warnings: string[]): void {
  if (count > 1) warnings.push(`The model makes one picture per call; ${count} were asked for.`)
}

/** A seed from 0 to `max`, whatever seed was asked for; that it had to be changed is said in `warnings`. */
export function seedWithin(seed: number | undefined, max: number, warnings: string[]): number | undefined {
  if (seed === undefined) return undefined
  const sent = Math.abs(seed) % (max + 1)
  if (sent !== seed) warnings.push(`Seeds go from 0 to ${max}: ${seed} became ${sent}.`)
  return sent
}

/** As browsers write field names, so that none can break out of its header. */
const ESCAPES: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' }
const escapeName = (name: string): string =>
  /["\r\n]/.test(name) ? name.replace(/["\r\n]/g, (character) => ESCAPES[character]!) : name

const fieldText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

const fileName = (name: string, mediaType: string): string => `${name}.${/^image\/(\w+)/.exec(mediaType)?.[1] ?? 'bin'}`

/**
 * A multipart/form-data request in the form that `exchange` takes. Fields that
 * are undefined or null are left out, objects become JSON. The body is one
 * piece with a known length, bytes where files are in it: the client that
 * carries it takes no FormData but its own.
 *
 * @param files Pictures by field; several of one field are sent in their order
 */
export function formRequest(
  fields: Readonly<Record<string, unknown>>,
  files: readonly (readonly [field: string, picture: InlinePicture])[],
  headers: Record<string, string>,
): { method: 'POST'; headers: Record<string, string>; body: string | Buffer } {
  const texts: [name: string, text: string][] = []
  for (const name in fields) {
    const value = fields[name]
    if (value !== undefined && value !== null) texts.push([escapeName(name), fieldText(value)])
  }
  const boundary = `turnout-${randomUUID()}`
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: files.length === 0 ? encodeFields(texts, boundary) : withFiles(texts, files, boundary),
  }
}

function withFiles(
  texts: readonly (readonly [name: string, text: string])[],
  files: readonly (readonly [field: string, picture: InlinePicture])[],
  boundary: string,
): Buffer {
  const parts = texts.map(([name, data]): TextOrFile => ({ name, filename: undefined, contentType: undefined, data }))
  for (const [name, picture] of files) {
    const { mediaType } = picture
    parts.push({ name, filename: fileName(name, mediaType), contentType: mediaType, data: bytesOf(picture) })
  }
  return encodeMultipart(parts, boundary)
}
