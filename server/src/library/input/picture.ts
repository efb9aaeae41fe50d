import { z } from 'zod'
import type { Picture } from '../../core/text.ts'
import { pictureOf, readPicture } from '../../gateway/inputs.ts'
import type { PictureInput } from '../types.ts'

export const PictureField = z.custom<PictureInput>(
  (value) => typeof value === 'string' || value instanceof URL || value instanceof Uint8Array,
  'must be a URL of a picture, a data URL with base64, or its bytes',
)

/** A picture as the core has it. @throws TurnoutError invalid_input */
export const toPicture = (given: PictureInput, param: string): Picture =>
  given instanceof Uint8Array ? pictureOf(given, param) : readPicture(String(given), param)

/** The same as a URL, whose base64 is not taken apart where it comes as one. @throws TurnoutError invalid_input */
export function toPictureUrl(given: PictureInput, param: string): string {
  const picture = toPicture(given, param)
  if (!(given instanceof Uint8Array)) return String(given)
  return 'url' in picture ? picture.url : `data:${picture.mediaType};base64,${picture.base64}`
}
