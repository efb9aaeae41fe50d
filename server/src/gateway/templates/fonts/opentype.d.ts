import 'opentype.js'

/** What laying out text needs besides drawing it; merged with the types that the emulator's pictures declare. */
declare module 'opentype.js' {
  interface PathCommand {
    type: 'M' | 'L' | 'C' | 'Q' | 'Z'
    x?: number
    y?: number
    x1?: number
    y1?: number
    x2?: number
    y2?: number
  }
  interface Path {
    commands: PathCommand[]
  }
  interface Font {
    tables: { os2?: { sCapHeight?: number } }
  }
  interface Glyph {
    index: number
    getBoundingBox(): { x1: number; y1: number; x2: number; y2: number }
  }
}
