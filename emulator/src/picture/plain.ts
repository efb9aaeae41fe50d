import { RawBody } from '../types.ts'
import { drawPicture, type Picture } from './draw.ts'

const MIME: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  svg: 'image/svg+xml',
}

/** A finished picture with the settings that a provider has no word for left at what is usual. */
export async function picture(
  wanted: Pick<Picture, 'prompt' | 'model' | 'width' | 'height'> & Partial<Picture>,
): Promise<RawBody> {
  const format = wanted.format === 'jpg' ? 'jpeg' : (wanted.format ?? 'png')
  const data = await drawPicture({
    quality: 'standard',
    transparent: false,
    compression: 90,
    number: 0,
    finished: 1,
    backdrop: undefined,
    ...wanted,
    format,
  })
  return new RawBody(data, MIME[format] ?? 'application/octet-stream')
}

/** Width and height of about so many pixels in a ratio such as `16:9`, in steps of 16. */
export function sizeOfRatio(ratio: string, pixels = 1024 ** 2): { width: number; height: number } {
  const [across = 1, down = 1] = ratio.split(':').map(Number)
  const scale = Math.sqrt(pixels / (across * down))
  const step = (length: number): number => Math.max(16, Math.round((length * scale) / 16) * 16)
  return { width: step(across), height: step(down) }
}
