import type { CompositionLayout, PlacedLayer } from '@turnout/contract'
import type { Color } from '../../../core/template/color.ts'
import type { Size } from '../../../core/template/layout/boxes.ts'
import { imagesOf, layOut, type PlacedItem, textsOf } from '../../../core/template/layout/index.ts'
import type { ResolvedComposition } from '../../../core/template/resolve.ts'
import { shapeMarks } from '../../../core/template/svg.ts'
import { loadTypefaces } from '../fonts/index.ts'
import { PictureCanvas } from './canvas.ts'
import { drawImage } from './image.ts'
import { drawText, undrawnText } from './text.ts'

/** Has the bytes of a picture that a layer names. @throws TurnoutError invalid_input naming `param` */
export type ReadPicture = (source: string, param: string, signal: AbortSignal) => Promise<Uint8Array>

export interface Composed {
  bytes: Buffer
  mediaType: string
  layout: CompositionLayout
  warnings: string[]
}

/** The bytes of a picture, or a plain surface. */
export type Ground = Uint8Array | (Size & { color: Color })

const told = (item: PlacedItem): PlacedLayer => {
  const px = (value: number) => Math.round(value * 10) / 10
  const { x, y, width, height } = item.at
  const place = { path: item.path, type: item.type, x: px(x), y: px(y), width: px(width), height: px(height) }
  return item.type === 'text' ? { ...place, lines: item.lines.map(({ text }) => text), fontSize: px(item.size) } : place
}

/** Where everything stands on a picture of a size, before there is one. */
export async function planLayout(
  composition: ResolvedComposition,
  size: Size,
): Promise<{ layout: CompositionLayout; warnings: string[] }> {
  const picture = composition.canvas ?? size
  const { items, warnings } = layOut(composition, picture, await loadTypefaces(textsOf(composition.layers)))
  const layers = items.map((item) => ({ ...told(item), ...(item.type === 'text' && undrawnText(item)) }))
  return { layout: { width: picture.width, height: picture.height, layers }, warnings }
}

/**
 * Draws a composition over a picture. The same composition over the same bytes
 * gives the same bytes; no font of the machine is used.
 *
 * @throws TurnoutError invalid_input where a picture is none or cannot be had
 */
export async function composePicture(
  ground: Ground,
  composition: ResolvedComposition,
  readPicture: ReadPicture,
  signal: AbortSignal,
): Promise<Composed> {
  const images = imagesOf(composition.layers)
  const [canvas, typefaces, ...pictures] = await Promise.all([
    ground instanceof Uint8Array
      ? PictureCanvas.open(ground, composition.canvas)
      : PictureCanvas.flat(ground.color, composition.canvas ?? ground),
    loadTypefaces(textsOf(composition.layers)),
    ...images.map(({ source, path }) => readPicture(source, `composition.${path}.source`, signal)),
  ])
  const bytesOf = new Map(images.map(({ path }, index) => [path, pictures[index]!]))
  const { items, warnings } = layOut(composition, canvas, typefaces)
  const warn = (message: string) => void warnings.push(message)
  const layers: PlacedLayer[] = []
  for (const [index, item] of items.entries()) {
    signal.throwIfAborted()
    if (item.type === 'shape') canvas.mark(shapeMarks(`m${index}`, item))
    else if (item.type === 'image') await drawImage(canvas, item, bytesOf.get(item.path)!)
    const drawn = item.type === 'text' ? await drawText(canvas, item, typefaces(item.layer), warn) : {}
    layers.push({ ...told(item), ...drawn })
  }
  return {
    bytes: await canvas.encode(composition),
    mediaType: `image/${composition.format}`,
    layout: { width: canvas.width, height: canvas.height, layers },
    warnings,
  }
}
