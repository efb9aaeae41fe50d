import type { Sharp } from 'sharp'
import { caption } from './caption.ts'
import { landscape } from './scene.ts'

/** A picture to be drawn. */
export interface Picture {
  prompt: string
  model: string
  width: number
  height: number
  quality: string
  transparent: boolean
  /** `png`, `jpeg`, `webp`, `gif` or `svg`. */
  format: string
  /** Quality of jpeg and webp, 0 to 100. */
  compression: number
  /** Which of the pictures of one request. */
  number: number
  /** 1 for the whole picture; below that an earlier state of it. */
  finished: number
  /** The picture that an edit starts from. */
  backdrop: Buffer | undefined
}

/** Loaded with the first picture: the native library takes time and memory that text never needs. */
async function loadSharp(): Promise<typeof import('sharp').default> {
  return (await import('sharp')).default
}

/** Whether the bytes are a picture from the first to the last. */
export async function isPicture(data: Buffer): Promise<boolean> {
  const sharp = await loadSharp()
  return sharp(data, { failOn: 'truncated' })
    .stats()
    .then(
      () => true,
      () => false,
    )
}

function document(picture: Picture, marks: string): string {
  const { width, height } = picture
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${marks}</svg>`
}

function facts(picture: Picture): string[] {
  const whole = picture.finished >= 1
  return [
    picture.model,
    `${picture.width}×${picture.height}`,
    `quality ${picture.quality}`,
    ...(picture.number > 0 ? [`picture ${picture.number + 1}`] : []),
    ...(whole ? [] : [`partial, ${Math.round(picture.finished * 100)} %`]),
  ]
}

async function asData(backdrop: Buffer, picture: Picture): Promise<string> {
  const sharp = await loadSharp()
  const fitted = await sharp(backdrop).resize(picture.width, picture.height, { fit: 'cover' }).png().toBuffer()
  return `<image width="${picture.width}" height="${picture.height}" href="data:image/png;base64,${fitted.toString('base64')}"/>`
}

async function scene(picture: Picture): Promise<string> {
  const { width, height } = picture
  if (picture.backdrop) return asData(picture.backdrop, picture)
  const seed = JSON.stringify([picture.model, picture.prompt, picture.number])
  return landscape(seed, width, height, !picture.transparent)
}

/** An unfinished state: the scene out of focus and pale, the sharper the later. */
async function unfinished(picture: Picture, marks: string): Promise<Buffer> {
  const sharp = await loadSharp()
  const blur = 2 + (1 - picture.finished) * (Math.min(picture.width, picture.height) / 28)
  return sharp(Buffer.from(document(picture, marks)))
    .blur(blur)
    .modulate({ saturation: 0.25 + picture.finished * 0.5, brightness: 1.05 })
    .png()
    .toBuffer()
}

function encode(image: Sharp, picture: Picture): Promise<Buffer> {
  const quality = Math.max(picture.compression, 1)
  switch (picture.format) {
    case 'jpeg':
      return image.flatten({ background: '#ffffff' }).jpeg({ quality }).toBuffer()
    case 'webp':
      return image.webp({ quality }).toBuffer()
    case 'gif':
      return image.gif().toBuffer()
    default:
      return image.png().toBuffer()
  }
}

/**
 * A picture of the asked size and format that shows its prompt, model and size
 * and says that it is emulated; the same request always draws the same one.
 */
export async function drawPicture(picture: Picture): Promise<Buffer> {
  const { width, height } = picture
  const [marks, words] = await Promise.all([
    scene(picture),
    caption({ prompt: picture.prompt, facts: facts(picture), width, height }),
  ])
  if (picture.format === 'svg') return Buffer.from(document(picture, marks + words))
  const sharp = await loadSharp()
  const overlay = Buffer.from(document(picture, picture.finished < 1 ? words : marks + words))
  if (picture.finished >= 1) return encode(sharp(overlay), picture)
  const below = await unfinished(picture, marks)
  return encode(sharp(below).composite([{ input: overlay }]), picture)
}
