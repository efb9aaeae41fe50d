import type { TextLayer } from '@turnout/contract'
import { balanceLines, breakLines, cutLines, type Line, type Prepared, widthOf } from './lines.ts'

/** A text of a certain size in lines, with its plate; all lengths are in pixels. */
export interface TextBlock {
  size: number
  lines: readonly Line[]
  /** Of what is drawn, with the plate. */
  width: number
  height: number
  /** From the top to the baseline of the first line. */
  ascent: number
  /** Between the edge of the plate and the text. */
  padding: { x: number; y: number }
  cut: boolean
}

type Style = Pick<TextLayer, 'lineHeight' | 'maxLines' | 'balance' | 'plate'>

/** With so much room around it, text is centred by its capitals, and its descenders hang into the room. */
const LOOSE = 0.25
/** Layout is exact, drawing rounds. */
const SLACK = 1e-6

/** How wide lines may be, in units of the font size. */
const roomOf = (style: Style, size: number, width: number): number =>
  width / size - 2 * (style.plate?.paddingX ?? 0) - SLACK

export function blockOf(
  prepared: Prepared,
  style: Style,
  size: number,
  lines: readonly Line[],
  cut: boolean,
): TextBlock {
  const { paddingX = 0, paddingY = 0 } = style.plate ?? {}
  const loose = style.plate !== undefined && paddingY >= LOOSE
  const { capHeight } = prepared.face
  const top = loose ? capHeight : Math.max(capHeight, lines[0]?.extent.top ?? 0)
  const bottom = loose ? 0 : Math.max(0, lines.at(-1)?.extent.bottom ?? 0)
  const widest = Math.max(0, ...lines.map(({ extent }) => widthOf(extent)))
  const textHeight = top + Math.max(0, lines.length - 1) * style.lineHeight + bottom
  return {
    size,
    lines,
    width: (widest + 2 * paddingX) * size,
    height: (textHeight + 2 * paddingY) * size,
    ascent: (top + paddingY) * size,
    padding: { x: paddingX * size, y: paddingY * size },
    cut,
  }
}

/**
 * Sets a text at a size, or at a smaller one, where a word or the number of
 * lines asks for that; at the least size it breaks words, and cuts what is too
 * much. Undefined where there is no room for a single character.
 */
export function setText(
  prepared: Prepared,
  style: Style,
  wanted: number,
  least: number,
  width: number,
): TextBlock | undefined {
  const most = style.maxLines ?? Number.POSITIVE_INFINITY
  for (let size = wanted; ; size = Math.max(least, size * 0.96)) {
    const room = roomOf(style, size, width)
    const lines = room > 0 ? breakLines(prepared, room, false) : undefined
    if (lines && lines.length <= most) {
      return blockOf(prepared, style, size, style.balance ? balanceLines(prepared, lines, room) : lines, false)
    }
    if (size <= least) {
      const broken = room > 0 ? breakLines(prepared, room, true) : undefined
      return broken && cutTo(prepared, style, { size, lines: broken, cut: false }, most, width)
    }
  }
}

/** The block with so many lines at most. */
export function cutTo(
  prepared: Prepared,
  style: Style,
  block: Pick<TextBlock, 'size' | 'lines' | 'cut'>,
  most: number,
  width: number,
): TextBlock | undefined {
  if (block.lines.length <= most) return blockOf(prepared, style, block.size, block.lines, block.cut)
  const lines = cutLines(prepared, [...block.lines], most, roomOf(style, block.size, width))
  return lines.length > 0 ? blockOf(prepared, style, block.size, lines, true) : undefined
}
