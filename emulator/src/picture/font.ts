import { readFile } from 'node:fs/promises'
import type { Font } from 'opentype.js'

export type Weight = 400 | 600 | 700

/** Subsets of Inter in the order in which a character is looked for. */
const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese'] as const

/** Any file of the package tells where the others are. */
const INTER = import.meta.resolve('@fontsource/inter/package.json')

const loaded = new Map<Weight, Promise<Typeface>>()

/** One weight of Inter. Text becomes outlines, so that no font of the system is needed. */
export class Typeface {
  readonly #fonts: readonly Font[]

  constructor(fonts: readonly Font[]) {
    this.#fonts = fonts
  }

  width(text: string, size: number): number {
    let width = 0
    for (const character of text) {
      const font = this.#fontFor(character)
      width += (font.charToGlyph(character).advanceWidth / font.unitsPerEm) * size
    }
    return width
  }

  /** SVG path data of a line of text whose baseline begins at the point. */
  path(text: string, x: number, y: number, size: number): string {
    let data = ''
    let position = x
    for (const character of text) {
      const font = this.#fontFor(character)
      const glyph = font.charToGlyph(character)
      data += glyph.getPath(position, y, size).toPathData(1)
      position += (glyph.advanceWidth / font.unitsPerEm) * size
    }
    return data
  }

  /** The text in lines no wider than the width; a word that is too wide is broken. */
  wrap(text: string, size: number, width: number): string[] {
    const lines: string[] = []
    let line = ''
    const breakWord = (word: string): string => {
      let rest = ''
      for (const character of word) {
        if (rest !== '' && this.width(rest + character, size) > width) {
          lines.push(rest)
          rest = ''
        }
        rest += character
      }
      return rest
    }
    for (const word of text.split(/\s+/).filter((part) => part !== '')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (this.width(longer, size) <= width) {
        line = longer
        continue
      }
      if (line !== '') lines.push(line)
      line = breakWord(word)
    }
    if (line !== '') lines.push(line)
    return lines
  }

  #fontFor(character: string): Font {
    const font = this.#fonts.find((candidate) => candidate.charToGlyphIndex(character) > 0) ?? this.#fonts[0]
    if (!font) throw new Error('The typeface has no font.')
    return font
  }
}

async function load(weight: Weight): Promise<Typeface> {
  const { default: opentype } = await import('opentype.js')
  const fonts = await Promise.all(
    SUBSETS.map(async (subset) => {
      const file = await readFile(new URL(`files/inter-${subset}-${weight}-normal.woff`, INTER))
      return opentype.parse(new Uint8Array(file).buffer)
    }),
  )
  return new Typeface(fonts)
}

/** The typeface of a weight, read from its files once. */
export function typeface(weight: Weight): Promise<Typeface> {
  let found = loaded.get(weight)
  if (!found) {
    found = load(weight)
    loaded.set(weight, found)
  }
  return found
}
