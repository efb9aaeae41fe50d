import type { ImageLayer, ShapeLayer, TextLayer } from '@turnout/contract'
import type { ResolvedComposition, ResolvedLayer, ResolvedStackedLayer } from '../resolve.ts'
import { pixels, placeBox, type Rectangle, type Size, safeArea, shorterSide } from './boxes.ts'
import { widthOf } from './lines.ts'
import { fitStack, placeStack, type Stacked } from './stack.ts'
import type { Typefaces } from './typeface.ts'

export interface PlacedLine {
  text: string
  /** Where the baseline begins. */
  x: number
  baseline: number
}

/** A layer with its place, in the order of drawing. */
export type PlacedItem =
  | {
      type: 'text'
      path: string
      layer: TextLayer
      /** Of what is drawn; never beyond the box that the template gives. */
      at: Rectangle
      /** The same without the plate: where there are letters. */
      ink: Rectangle
      size: number
      lines: PlacedLine[]
    }
  | { type: 'image'; path: string; layer: ImageLayer; at: Rectangle; radius: number }
  | { type: 'shape'; path: string; layer: ShapeLayer; at: Rectangle; radius: number }

export interface Layout {
  items: PlacedItem[]
  warnings: string[]
}

const SHARES = { left: 0, center: 0.5, right: 1 } as const

/** Where everything of a composition stands on a picture of a size. Depends on nothing else. */
export function layOut(composition: ResolvedComposition, picture: Size, typefaces: Typefaces): Layout {
  const warnings: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const safe = safeArea(picture, composition.margin)
  const whole = { x: 0, y: 0, ...picture }
  const side = shorterSide(picture)
  const items = composition.layers.flatMap((layer): PlacedItem[] => {
    const box = placeBox(layer, layer.bleed ? whole : safe)
    if (layer.type === 'image' || layer.type === 'shape') return [solid(layer, layer.path, box, side)]
    const children: readonly ResolvedStackedLayer[] =
      layer.type === 'stack' ? layer.layers : [layer as Extract<ResolvedStackedLayer, { type: 'text' }>]
    const gap = layer.type === 'stack' ? pixels(layer.gap, side) : 0
    const stacked = fitStack(children, box, picture, gap, typefaces, warn)
    return placeStack(stacked, box, layer.verticalAlign).map((each) => place(each, box, side))
  })
  return { items, warnings }
}

function solid(layer: ImageLayer | ShapeLayer, path: string, at: Rectangle, side: number): PlacedItem {
  const radius = Math.min(pixels(layer.radius, side), at.width / 2, at.height / 2)
  return { type: layer.type, path, layer, at, radius } as PlacedItem
}

function place(stacked: Stacked & { y: number }, box: Rectangle, side: number): PlacedItem {
  const { layer, block, y } = stacked
  const x = box.x + (box.width - block.width) * SHARES[layer.align]
  const at = { x, y, width: block.width, height: block.height }
  if (layer.type !== 'text' || !('lines' in block)) return solid(layer as ImageLayer | ShapeLayer, layer.path, at, side)
  const { padding, size } = block
  const inner = block.width - 2 * padding.x
  const lines = block.lines.map(({ text, extent }, index) => ({
    text,
    x: x + padding.x + (inner - widthOf(extent) * size) * SHARES[layer.align] - extent.left * size,
    baseline: y + block.ascent + index * layer.lineHeight * size,
  }))
  const ink = { x: x + padding.x, y: y + padding.y, width: inner, height: block.height - 2 * padding.y }
  return { type: 'text', path: layer.path, layer, at, ink, size, lines }
}

/** Everything that is written, by the path of its layer. */
export const textsOf = (layers: readonly (ResolvedLayer | ResolvedStackedLayer)[]): (TextLayer & { path: string })[] =>
  layers.flatMap((layer) => {
    if (layer.type === 'stack') return textsOf(layer.layers)
    return layer.type === 'text' ? [layer] : []
  })

/** Every picture that is to be set over another, by the path of its layer. */
export const imagesOf = (
  layers: readonly (ResolvedLayer | ResolvedStackedLayer)[],
): (ImageLayer & { path: string })[] =>
  layers.flatMap((layer) => {
    if (layer.type === 'stack') return imagesOf(layer.layers)
    return layer.type === 'image' ? [layer] : []
  })
