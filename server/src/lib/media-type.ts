/** Formats by the characters they begin with, in latin1. */
const BEGINNINGS: readonly [string, string][] = [
  ['\x89PNG\r\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['\x1a\x45\xdf\xa3', 'video/webm'],
]

/** The formats of the ISO base media family by their brand; any other brand is MP4. */
const BRANDS: Readonly<Record<string, string>> = { avif: 'image/avif', avis: 'image/avif', 'qt  ': 'video/quicktime' }

/**
 * A drawing, after a prolog and comments. A comment has no other end in it, so
 * that hostile bytes cannot be read in two ways, and in many by many comments.
 */
const SVG =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml(?:(?!\?>)[\s\S])*\?>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:svg[\s>]|!DOCTYPE svg\b)/i

/** How many bytes are enough to tell: the head of every format, and the comments that some drawings begin with. */
export const HEAD_BYTES = 512

/** The media type that bytes begin like, whatever somebody calls them; undefined where they are like none. */
export function mediaTypeOfBytes(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString('latin1')
  if (head.startsWith('RIFF')) return head.startsWith('WEBP', 8) ? 'image/webp' : undefined
  if (head.startsWith('ftyp', 4)) return BRANDS[head.slice(8, 12)] ?? 'video/mp4'
  return (
    BEGINNINGS.find(([beginning]) => head.startsWith(beginning))?.[1] ?? (SVG.test(head) ? 'image/svg+xml' : undefined)
  )
}

/** The kinds of picture that models read. */
const READABLE: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

/** The type of a picture that a model can read; undefined where the bytes are none. */
export function readableTypeOf(bytes: Uint8Array): string | undefined {
  const type = mediaTypeOfBytes(bytes)
  return type !== undefined && READABLE.has(type) ? type : undefined
}
