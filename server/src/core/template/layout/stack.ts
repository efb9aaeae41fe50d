import type { TextLayer } from '@turnout/contract'
import type { ResolvedStackedLayer } from '../resolve.ts'
import { cutTo, setText, type TextBlock } from './block.ts'
import { pixels, type Rectangle, type Size, shorterSide } from './boxes.ts'
import { type Prepared, prepare, widthOf } from './lines.ts'
import type { Typefaces } from './typeface.ts'

type Text = Extract<ResolvedStackedLayer, { type: 'text' }>
type Solid = Exclude<ResolvedStackedLayer, Text>

interface TextEntry {
  layer: Text
  prepared: Prepared
  min: number
  max: number
  gap: number
}
interface SolidEntry {
  layer: Solid
  size: Size
  gap: number
}

/** A layer of a stack with the size that it takes. */
export type Stacked = { layer: Text; block: TextBlock; gap: number } | { layer: Solid; block: Size; gap: number }

/** A text that does not fit at its least size is first made smaller still, to this share of it, and only then cut. */
const FLOOR = 0.5
const STEPS = 60

const sizesOf = ({ size }: Pick<TextLayer, 'size'>, side: number): { min: number; max: number } => {
  const { min, max } = typeof size === 'object' ? size : { min: size, max: size }
  const top = Math.max(1, pixels(max, side))
  return { max: top, min: Math.min(top, Math.max(1, pixels(min, side))) }
}

/** A place between the largest sizes (1) and the least (0), or a share of the least. */
interface Scale {
  between: number
  below: number
}
/** From the largest sizes to the smallest. */
const SCALES: readonly Scale[] = [
  ...Array.from({ length: STEPS + 1 }, (_, step) => ({ between: 1 - step / STEPS, below: 1 })),
  ...Array.from({ length: 14 }, (_, step) => ({ between: 0, below: FLOOR ** ((step + 1) / 14) })),
]

/** Sizes of a text go down in equal proportions, so that the texts of a stack keep their order. */
const sizeAt = ({ min, max }: TextEntry, { between, below }: Scale): number => min * (max / min) ** between * below

const heightOf = (stacked: readonly Stacked[]): number =>
  stacked.reduce((sum, { block, gap }, index) => sum + block.height + (index > 0 ? gap : 0), 0)

/** How even the lines of texts are, from 0 to 1: ragged ones count less. */
const evenness = (stacked: readonly Stacked[]): number =>
  stacked.reduce((product, { block }) => {
    if (!('lines' in block) || block.lines.length < 2) return product
    const widths = block.lines.map(({ extent }) => widthOf(extent))
    const mean = widths.reduce((sum, width) => sum + width, 0) / widths.length
    return product * (mean / Math.max(...widths, Number.MIN_VALUE))
  }, 1)

/** So many steps below the largest sizes are tried for the sake of even lines. */
const TRIED_FOR_EVENNESS = 12

/** The largest sizes that fit, or somewhat smaller ones if lines come out more even by that; else the smallest. */
function bestOf(at: (scale: Scale) => Stacked[], fits: (stacked: readonly Stacked[]) => boolean): Stacked[] {
  const first = SCALES.findIndex((scale) => fits(at(scale)))
  if (first < 0) return at(SCALES.at(-1)!)
  const candidates = SCALES.slice(first, first + TRIED_FOR_EVENNESS).filter(
    ({ below }, index) => index === 0 || below === 1,
  )
  const rated = candidates
    .map((scale, index) => ({ stacked: at(scale), index }))
    .filter(({ stacked }) => fits(stacked))
    .map(({ stacked, index }) => ({ stacked, rate: evenness(stacked) ** 0.7 * 0.985 ** index }))
  return rated.reduce((a, b) => (b.rate > a.rate ? b : a)).stacked
}

/** What is written, as it is set. */
export const wordsOf = ({ text, uppercase }: Pick<TextLayer, 'text' | 'uppercase'>): string => {
  const composed = text.normalize('NFC').replaceAll('\u00ad', '')
  return uppercase ? composed.toUpperCase() : composed
}

/**
 * Sets layers one below the other, all texts as large together as the room
 * allows. Whatever the words, nothing becomes larger than the room.
 */
export function fitStack(
  layers: readonly ResolvedStackedLayer[],
  room: Size,
  picture: Size,
  gap: number,
  typefaces: Typefaces,
  warn: (message: string) => void,
): Stacked[] {
  const side = shorterSide(picture)
  const entries = layers.map((layer): TextEntry | SolidEntry => {
    const space = layer.space === undefined ? gap : pixels(layer.space, side)
    if (layer.type === 'text') {
      const prepared = prepare(wordsOf(layer), typefaces(layer), layer.letterSpacing)
      return { layer, prepared, ...sizesOf(layer, side), gap: space }
    }
    const size = {
      width: Math.min(room.width, pixels(layer.width, room.width)),
      height: Math.min(room.height, pixels(layer.height, side)),
    }
    return { layer, size, gap: space }
  })
  const at = (scale: Scale): Stacked[] =>
    entries.flatMap((entry): Stacked[] => {
      if (!('prepared' in entry)) return [{ layer: entry.layer, block: entry.size, gap: entry.gap * scale.below }]
      const { layer, prepared } = entry
      const wanted = sizeAt(entry, scale)
      const block = setText(prepared, layer, wanted, Math.min(wanted, entry.min * FLOOR), room.width)
      return block ? [{ layer, block, gap: entry.gap * scale.below }] : []
    })
  const stacked = bestOf(at, (each) => heightOf(each) <= room.height)
  const prepared = new Map(
    entries.flatMap((entry) => ('prepared' in entry ? [[entry.layer.path, entry.prepared]] : [])),
  )
  shorten(stacked, room, prepared as ReadonlyMap<string, Prepared>)
  tell(entries, stacked, warn)
  return stacked
}

/** Takes lines, and in the end layers, away until the rest has room. */
function shorten(stacked: Stacked[], room: Size, prepared: ReadonlyMap<string, Prepared>): void {
  while (stacked.length > 0 && heightOf(stacked) > room.height) {
    const longest = stacked.reduce<number>((best, { block }, index) => {
      const lines = 'lines' in block ? block.lines.length : 0
      const most = best < 0 ? 1 : (stacked[best]!.block as TextBlock).lines.length
      return lines > most ? index : best
    }, -1)
    const chosen = stacked[longest]
    if (chosen === undefined || chosen.layer.type !== 'text') {
      stacked.pop()
      continue
    }
    const block = chosen.block as TextBlock
    const source = prepared.get(chosen.layer.path)!
    const cut = cutTo(source, chosen.layer, { ...block, cut: true }, block.lines.length - 1, room.width)
    if (cut) stacked[longest] = { ...chosen, block: cut } as Stacked
    else stacked.splice(longest, 1)
  }
}

function tell(
  entries: readonly (TextEntry | SolidEntry)[],
  stacked: readonly Stacked[],
  warn: (message: string) => void,
) {
  const found = new Map(stacked.map((each) => [each.layer.path, each.block]))
  for (const entry of entries) {
    const block = found.get(entry.layer.path)
    const { path } = entry.layer
    if (block === undefined) warn(`${path} has no room and was left out`)
    else if ('prepared' in entry && 'lines' in block) {
      const shown = `${block.size.toFixed(1)} px`
      if (block.cut) warn(`${path} does not fit and was cut: ${JSON.stringify(block.lines.at(-1)?.text)}`)
      else if (block.size < entry.min * 0.999) {
        warn(`${path} fits only at ${shown}, which is less than its least size of ${entry.min.toFixed(1)} px`)
      }
    }
  }
}

/** Where the layers of a stack stand in its box. */
export function placeStack(
  stacked: readonly Stacked[],
  box: Rectangle,
  verticalAlign: 'top' | 'middle' | 'bottom',
): (Stacked & { y: number })[] {
  const rest = box.height - heightOf(stacked)
  let y = box.y + rest * { top: 0, middle: 0.5, bottom: 1 }[verticalAlign]
  return stacked.map((each, index) => {
    if (index > 0) y += each.gap
    const placed = { ...each, y }
    y += each.block.height
    return placed
  })
}
