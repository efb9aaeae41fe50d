const ascii = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1')

/** How many bytes are enough to tell. */
export const HEAD_BYTES = 256

/** What the bytes are, by their first ones: what somebody calls them is hearsay. Undefined where they are unknown. */
export function mediaTypeOf(bytes: Uint8Array): string | undefined {
  const head = ascii(bytes)
  if (head.startsWith('\x89PNG')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('GIF8')) return 'image/gif'
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  if (/^(\xef\xbb\xbf)?\s*(<\?xml|<svg|<!DOCTYPE svg)/i.test(head)) return 'image/svg+xml'
  return undefined
}

/** The kinds of picture that models read. */
const READABLE: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

/** The type of a picture that a model can read; undefined where the bytes are none. */
export function readableTypeOf(bytes: Uint8Array): string | undefined {
  const type = mediaTypeOf(bytes)
  return type !== undefined && READABLE.has(type) ? type : undefined
}
