import type { TextLayer } from '@turnout/contract'

/** How far a run of text reaches, in units of the font size, from the place on the baseline where it begins. */
export interface Extent {
  /** To where the next run begins. */
  advance: number
  /** Of what is drawn: from the left to the right, above and below the baseline. */
  left: number
  right: number
  top: number
  bottom: number
}

/** One style of a font, as outlines. */
export interface Typeface {
  /** In units of the font size. */
  readonly capHeight: number
  measure(text: string, letterSpacing: number): Extent
  /** SVG path data of one line whose baseline begins at the point. */
  outline(text: string, x: number, y: number, size: number, letterSpacing: number): string
  /** The characters that the font does not have, each once. */
  missing(text: string): string[]
}

export type TypefaceStyle = Pick<TextLayer, 'font' | 'weight' | 'italic'>
/** Typefaces that are at hand. */
export type Typefaces = (style: TypefaceStyle) => Typeface
