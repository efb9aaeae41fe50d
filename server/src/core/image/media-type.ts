import { mediaTypeOfBytes } from '../../lib/media-type.ts'

export { HEAD_BYTES, mediaTypeOfBytes as mediaTypeOf } from '../../lib/media-type.ts'

/** The kinds of picture that models read. */
const READABLE: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

/** The type of a picture that a model can read; undefined where the bytes are none. */
export function readableTypeOf(bytes: Uint8Array): string | undefined {
  const type = mediaTypeOfBytes(bytes)
  return type !== undefined && READABLE.has(type) ? type : undefined
}
