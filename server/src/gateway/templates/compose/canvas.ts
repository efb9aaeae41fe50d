import type { Anchor, Composition } from '@turnout/contract'
import type { OverlayOptions, Sharp } from 'sharp'
import { TurnoutError } from '../../../core/error.ts'
import { type Color, over } from '../../../core/template/color.ts'
import type { Rectangle, Size } from '../../../core/template/layout/boxes.ts'
import { type BlurredMarks, svgDocument } from '../../../core/template/svg.ts'
import { readableTypeOf } from '../../../lib/media-type.ts'
import { loadSharp } from '../../../lib/sharp.ts'

/** Larger pictures than any model makes are not opened: they would take gigabytes. */
const MOST_PIXELS = 50_000_000
/** So many places a side are looked at to judge what is underneath a text. */
const SAMPLES = 64
const WHITE: Color = { red: 255, green: 255, blue: 255, opacity: 1 }

const GRAVITY: Readonly<Record<Anchor, string>> = {
  'top-left': 'northwest',
  top: 'north',
  'top-right': 'northeast',
  left: 'west',
  center: 'centre',
  right: 'east',
  'bottom-left': 'southwest',
  bottom: 'south',
  'bottom-right': 'southeast',
}

/** The picture that bytes hold, upright and in sRGB. */
export async function openPicture(bytes: Uint8Array): Promise<Sharp> {
  const sharp = await loadSharp()
  return sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'truncated' })
    .autoOrient()
    .toColourspace('srgb')
    .ensureAlpha()
}

/** What bytes that are no picture, or half a one, are refused with. */
export const notAPicture = (param: string, cause: unknown): TurnoutError =>
  new TurnoutError('invalid_input', `${param} is not a picture that can be drawn.`, { param, cause })

/** Of strangers only pictures made of pixels are drawn: a vector drawing may name other files. @throws TurnoutError */
export function requirePixels(bytes: Uint8Array, param: string): void {
  if (readableTypeOf(bytes) === undefined) throw notAPicture(param, undefined)
}

/** @throws TurnoutError invalid_input where the bytes are no picture */
export async function requirePicture(bytes: Uint8Array, param: string): Promise<void> {
  requirePixels(bytes, param)
  const picture = await openPicture(bytes)
  await picture.stats().catch((error: unknown) => {
    throw notAPicture(param, error)
  })
}

/** A picture while it is drawn on. Vector marks are gathered and drawn together. */
export class PictureCanvas implements Size {
  readonly width: number
  readonly height: number
  #pixels: Buffer
  #marks = ''

  private constructor(pixels: Buffer, { width, height }: Size) {
    this.#pixels = pixels
    this.width = width
    this.height = height
  }

  /** @throws TurnoutError invalid_input where the bytes are no picture */
  static async open(bytes: Uint8Array, canvas: Composition['canvas']): Promise<PictureCanvas> {
    const picture = await openPicture(bytes)
    const { width, height, fit, position, background } = canvas ?? {}
    const fitted = canvas
      ? picture.resize(width!, height!, { fit: fit!, position: GRAVITY[position!], background: background! })
      : picture
    const { data, info } = await fitted
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
      .catch((error: unknown) => {
        throw notAPicture('picture', error)
      })
    return new PictureCanvas(data, info)
  }

  static flat(color: Color, { width, height }: Size): PictureCanvas {
    const pixel = Buffer.from([color.red, color.green, color.blue, 255])
    return new PictureCanvas(Buffer.alloc(width * height * 4, pixel), { width, height })
  }

  mark(svg: string): void {
    this.#marks += svg
  }

  /** Sets a picture with its top left corner at a place; what lies beyond the edge is not seen. */
  async set(picture: Buffer, size: Size, left: number, top: number): Promise<void> {
    await this.flush()
    const visible = {
      left: Math.max(0, -left),
      top: Math.max(0, -top),
      width: Math.min(size.width, this.width - left) - Math.max(0, -left),
      height: Math.min(size.height, this.height - top) - Math.max(0, -top),
    }
    if (visible.width < 1 || visible.height < 1) return
    const cut = await (await openPicture(picture)).extract(visible).png({ compressionLevel: 1 }).toBuffer()
    await this.#compose({ input: cut, left: Math.max(0, left), top: Math.max(0, top) })
  }

  /** Draws marks that are blurred, which come out right at the edge only if what lies beyond is drawn as well. */
  async markBlurred({ svg, area }: BlurredMarks): Promise<void> {
    await this.set(Buffer.from(svg), area, area.x, area.y)
  }

  /** Draws what was marked. */
  async flush(): Promise<void> {
    if (this.#marks === '') return
    const input = Buffer.from(svgDocument(this, this.#marks))
    this.#marks = ''
    await this.#compose({ input, left: 0, top: 0 })
  }

  /** The colours of places all over an area, as far as it is within the picture. */
  async sample({ x, y, width, height }: Rectangle): Promise<Color[]> {
    await this.flush()
    const between = (value: number, most: number) => Math.min(Math.max(Math.round(value), 0), most)
    const [left, top] = [between(x, this.width - 1), between(y, this.height - 1)]
    const [right, bottom] = [between(x + width, this.width), between(y + height, this.height)]
    const step = (length: number) => Math.max(1, Math.ceil(length / SAMPLES))
    const found: Color[] = []
    for (let row = top; row < Math.max(bottom, top + 1); row += step(bottom - top)) {
      for (let column = left; column < Math.max(right, left + 1); column += step(right - left)) {
        found.push(this.#colorAt(column, row))
      }
    }
    return found
  }

  async encode({ format, quality }: Pick<Composition, 'format' | 'quality'>): Promise<Buffer> {
    await this.flush()
    const image = await this.#image()
    if (format === 'jpeg') return image.flatten({ background: '#ffffff' }).jpeg({ quality, mozjpeg: true }).toBuffer()
    return format === 'webp' ? image.webp({ quality }).toBuffer() : image.png({ compressionLevel: 9 }).toBuffer()
  }

  #colorAt(column: number, row: number): Color {
    const at = (row * this.width + column) * 4
    const [red, green, blue, alpha] = this.#pixels.subarray(at, at + 4) as unknown as [number, number, number, number]
    return over({ red, green, blue, opacity: alpha / 255 }, WHITE)
  }

  async #image(): Promise<Sharp> {
    const sharp = await loadSharp()
    return sharp(this.#pixels, { raw: { width: this.width, height: this.height, channels: 4 } })
  }

  async #compose(overlay: OverlayOptions): Promise<void> {
    this.#pixels = await (await this.#image()).composite([overlay]).raw().toBuffer()
  }
}
