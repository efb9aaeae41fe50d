/** The part of opentype.js that the pictures use; the package ships no types. */
declare module 'opentype.js' {
  export interface Path {
    toPathData(decimals: number): string
  }
  export interface Glyph {
    advanceWidth: number
    getPath(x: number, y: number, size: number): Path
  }
  export interface Font {
    unitsPerEm: number
    charToGlyphIndex(character: string): number
    charToGlyph(character: string): Glyph
  }
  const opentype: { parse(buffer: ArrayBuffer): Font }
  export default opentype
}
