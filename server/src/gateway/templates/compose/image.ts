import type { ImageLayer } from '@turnout/contract'
import type { PlacedItem } from '../../../core/template/layout/index.ts'
import { mask } from '../../../core/template/svg.ts'
import { notAPicture, openPicture, type PictureCanvas, requirePixels } from './canvas.ts'

const SHARES = { left: 0, center: 0.5, right: 1, top: 0, middle: 0.5, bottom: 1 } as const

const rounded = (value: number): number => Math.max(1, Math.round(value))

/** Where along a box the rest of the room goes. */
const shareOf = (layer: ImageLayer) => ({ across: SHARES[layer.align], down: SHARES[layer.verticalAlign] })

/** Sets a picture into its box. @throws TurnoutError invalid_input where the bytes are no picture */
export async function drawImage(
  canvas: PictureCanvas,
  { path, layer, at, radius }: Extract<PlacedItem, { type: 'image' }>,
  bytes: Uint8Array,
): Promise<void> {
  if (at.width < 1 || at.height < 1) return
  requirePixels(bytes, path)
  const picture = await openPicture(bytes)
  const { across, down } = shareOf(layer)
  const { data, info } = await picture
    .resize(rounded(at.width), rounded(at.height), { fit: layer.fit === 'cover' ? 'cover' : 'inside' })
    .png({ compressionLevel: 1 })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw notAPicture(path, error)
    })
  const left = Math.round(at.x + (at.width - info.width) * across)
  const top = Math.round(at.y + (at.height - info.height) * down)
  const input = Buffer.from(mask(info, radius, layer.opacity))
  const masked = (await openPicture(data)).composite([{ input, blend: 'dest-in' }]).png({ compressionLevel: 1 })
  await canvas.set(await masked.toBuffer(), info, left, top)
}
