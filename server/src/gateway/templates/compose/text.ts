import type { PlacedLayer } from '@turnout/contract'
import { hexOf, parseColor } from '../../../core/template/color.ts'
import { leastContrast, standOut } from '../../../core/template/contrast.ts'
import type { PlacedItem } from '../../../core/template/layout/index.ts'
import type { Typeface } from '../../../core/template/layout/typeface.ts'
import { plateMarks, shadowMarks, textMarks, textScrimMarks } from '../../../core/template/svg.ts'
import type { PictureCanvas } from './canvas.ts'

type Told = Pick<PlacedLayer, 'color' | 'contrast' | 'scrim'>

const MOST_SCRIMS = 3

const tenth = (value: number): number => Math.floor(value * 10) / 10

/** Draws a text so that it stands out from what has been drawn before; tells what that took. */
export async function drawText(
  canvas: PictureCanvas,
  item: Extract<PlacedItem, { type: 'text' }>,
  face: Typeface,
  warn: (message: string) => void,
): Promise<Told> {
  const { layer, ink } = item
  canvas.mark(plateMarks(item))
  const wish = { ...layer, mayScrim: layer.backing !== 'none' && layer.plate === undefined }
  const { color, ...first } = standOut(wish, await canvas.sample(ink))
  let { scrim } = first
  let clear = 1
  // A scrim is soft: what it lacks, mostly at its corners, the next one adds.
  for (let count = 0; scrim !== undefined && count < MOST_SCRIMS; count += 1) {
    await canvas.markBlurred(textScrimMarks(item, scrim.color, scrim.opacity))
    clear *= 1 - scrim.opacity
    scrim = standOut({ ...wish, color: hexOf(color) }, await canvas.sample(ink)).scrim
  }
  if (layer.backing === 'shadow') await canvas.markBlurred(shadowMarks(item, face))
  const ratio = tenth(leastContrast(color, await canvas.sample(ink)))
  if (ratio < layer.contrast) {
    warn(`${item.path} reaches a contrast of ${ratio} instead of ${layer.contrast}`)
  }
  canvas.mark(textMarks(item, face, color))
  return { color: hexOf(color), contrast: ratio, ...(clear < 1 && { scrim: Math.round((1 - clear) * 100) / 100 }) }
}

/** What is known of a text's colour as long as there is no picture. */
export const undrawnText = ({ layer }: Extract<PlacedItem, { type: 'text' }>): Told => ({
  ...(layer.color !== 'auto' && { color: hexOf(parseColor(layer.color)) }),
  contrast: null,
})
