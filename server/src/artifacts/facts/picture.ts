import { rgbaToThumbHash } from 'thumbhash'
import { loadSharp } from '../../lib/sharp.ts'
import { Slots } from '../../lib/slots.ts'
import { type Facts, NO_FACTS } from './types.ts'

/** Pixels a side, at most. */
const THUMBNAIL = 512
const THUMBHASH = 64
const QUALITY = 80
/** Of 6. More makes it a few per cent smaller and takes up to three times as long. */
const EFFORT = 1
/** A picture with more of them is not opened: a small file may unfold into gigabytes. */
const MOST_PIXELS = 120_000_000

/** Pictures that are unfolded at once: each may take hundreds of megabytes. */
const slots = new Slots(1)

async function read(source: string | Buffer): Promise<Facts> {
  const sharp = await loadSharp()
  const open = () => sharp(source, { limitInputPixels: MOST_PIXELS, sequentialRead: true })
  const { autoOrient } = await open().metadata()
  const size = { width: autoOrient.width, height: autoOrient.height }
  try {
    const within = { fit: 'inside', withoutEnlargement: true } as const
    // It is unfolded once; both are made of what is left of it then.
    const small = await open()
      .autoOrient()
      .resize(THUMBNAIL, THUMBNAIL, within)
      .raw()
      .toBuffer({ resolveWithObject: true })
    const reopen = () => sharp(small.data, { raw: small.info })
    const [thumbnail, tiny] = await Promise.all([
      reopen().webp({ quality: QUALITY, effort: EFFORT }).toBuffer(),
      reopen().resize(THUMBHASH, THUMBHASH, within).ensureAlpha().raw().toBuffer({ resolveWithObject: true }),
    ])
    const thumbhash = Buffer.from(rgbaToThumbHash(tiny.info.width, tiny.info.height, tiny.data)).toString('base64')
    return { ...NO_FACTS, ...size, thumbnail, thumbhash }
  } catch {
    return { ...NO_FACTS, ...size }
  }
}

/**
 * What can be told of a picture: of a file, without holding all of it, or of
 * bytes. Never throws: a picture that cannot be read is kept all the same.
 */
export function pictureFacts(source: string | Buffer): Promise<Facts> {
  return slots.run(() => read(source).catch(() => NO_FACTS))
}
