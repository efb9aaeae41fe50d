import type { Font, Glyph, PathCommand } from 'opentype.js'
import type { Extent, Typeface } from '../../../core/template/layout/typeface.ts'
import type { Kerning } from './kerning.ts'

/** One file of a typeface: the glyphs of some alphabets. */
export interface Subset {
  font: Font
  kerning: Kerning
}

/** A character as it is drawn; lengths are in units of the font size. */
interface Drawn {
  glyph: Glyph
  subset: Subset
  advance: number
  /** Of its ink; undefined for spaces. */
  box: Omit<Extent, 'advance'> | undefined
}

interface Placed extends Drawn {
  x: number
}

/** Joiners and marks of direction that are never drawn. */
const INVISIBLE = /\p{Cf}|\p{Variation_Selector}/u
const SPACE = /\p{Zs}/u
/** Characters that are remembered; texts come from strangers. */
const MOST_KNOWN = 5_000

const n = (value: number | undefined): string => String(Math.round((value ?? 0) * 100) / 100)

/** opentype.js has a writer of its own, which leaves out parts of some outlines. */
const pathData = (commands: readonly PathCommand[]): string =>
  commands
    .map(({ type, x, y, x1, y1, x2, y2 }) => {
      if (type === 'Z') return 'Z'
      const handles = [type === 'Q' || type === 'C' ? [x1, y1] : [], type === 'C' ? [x2, y2] : []].flat()
      return `${type}${[...handles, x, y].map(n).join(' ')}`
    })
    .join('')

/** A typeface from files of outlines. Glyphs of different files stand beside each other without kerning. */
export class OutlineFace implements Typeface {
  readonly capHeight: number
  readonly #subsets: readonly Subset[]
  readonly #drawn = new Map<string, Drawn | undefined>()

  constructor(subsets: readonly Subset[]) {
    this.#subsets = subsets
    const { font } = subsets[0]!
    this.capHeight = (font.tables.os2?.sCapHeight ?? font.unitsPerEm * 0.72) / font.unitsPerEm
  }

  measure(text: string, letterSpacing: number): Extent {
    const { placed, advance } = this.#place(text, letterSpacing)
    let extent: Extent | undefined
    for (const { x, box } of placed) {
      if (box === undefined) continue
      const [left, right] = [x + box.left, x + box.right]
      extent = {
        advance,
        left: Math.min(extent?.left ?? left, left),
        right: Math.max(extent?.right ?? right, right),
        top: Math.max(extent?.top ?? box.top, box.top),
        bottom: Math.max(extent?.bottom ?? box.bottom, box.bottom),
      }
    }
    return extent ?? { advance, left: 0, right: 0, top: 0, bottom: 0 }
  }

  outline(text: string, x: number, y: number, size: number, letterSpacing: number): string {
    const { placed } = this.#place(text, letterSpacing)
    return placed.map((each) => pathData(each.glyph.getPath(x + each.x * size, y, size).commands)).join('')
  }

  missing(text: string): string[] {
    const missing = [...text].filter(
      (character) => !/\s/u.test(character) && !INVISIBLE.test(character) && this.#draw(character) === undefined,
    )
    return [...new Set(missing)]
  }

  #place(text: string, letterSpacing: number): { placed: Placed[]; advance: number } {
    const placed: Placed[] = []
    let x = 0
    let before: Placed | undefined
    for (const character of text) {
      const drawn = this.#draw(character)
      if (drawn === undefined) continue
      const { glyph, subset } = drawn
      if (before?.subset === subset) x += subset.kerning(before.glyph.index, glyph.index) / subset.font.unitsPerEm
      before = { ...drawn, x }
      placed.push(before)
      x += drawn.advance + letterSpacing
    }
    return { placed, advance: x }
  }

  /** Undefined for what is not drawn: marks of direction, and characters that the font does not have. */
  #draw(character: string): Drawn | undefined {
    if (this.#drawn.has(character)) return this.#drawn.get(character)
    const drawn = INVISIBLE.test(character) ? undefined : this.#find(character)
    if (this.#drawn.size < MOST_KNOWN) this.#drawn.set(character, drawn)
    return drawn
  }

  #find(character: string): Drawn | undefined {
    const subset = this.#subsets.find(({ font }) => font.charToGlyphIndex(character) > 0)
    if (subset === undefined) return SPACE.test(character) && character !== ' ' ? this.#draw(' ') : undefined
    const { font } = subset
    const glyph = font.charToGlyph(character)
    const { x1, y1, x2, y2 } = glyph.getBoundingBox()
    const units = font.unitsPerEm
    const box = { left: x1 / units, right: x2 / units, top: y2 / units, bottom: -y1 / units }
    return { glyph, subset, advance: glyph.advanceWidth / units, box: x2 > x1 ? box : undefined }
  }
}
