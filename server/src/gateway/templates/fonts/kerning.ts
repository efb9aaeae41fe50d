/** How much nearer (below 0) or farther two neighbours stand, in units of the font. */
export type Kerning = (left: number, right: number) => number

const PAIR_ADJUSTMENT = 2
const EXTENSION = 9
const X_ADVANCE = 0x0004

/**
 * The kerning of a font, from the pair adjustments of its GPOS table as the
 * feature `kern` of the default script names them (OpenType 1.9, "GPOS").
 * opentype.js reads no lookups within extensions, where Inter keeps most of it.
 */
export function kerningOf(gpos: DataView | undefined): Kerning {
  if (gpos === undefined) return () => 0
  const lookups = kernLookups(gpos).map((lookup) => pairSubtables(gpos, lookup))
  const known = new Map<number, number>()
  return (left, right) => {
    const key = left * 0x10000 + right
    let value = known.get(key)
    if (value === undefined) {
      value = 0
      for (const subtables of lookups) value += firstOf(gpos, subtables, left, right)
      known.set(key, value)
    }
    return value
  }
}

/** Offsets of the lookups of `kern`. */
function kernLookups(gpos: DataView): number[] {
  const [features, lookups] = [gpos.getUint16(6), gpos.getUint16(8)]
  for (let index = 0; index < gpos.getUint16(features); index += 1) {
    const record = features + 2 + index * 6
    const tag = String.fromCharCode(...[0, 1, 2, 3].map((at) => gpos.getUint8(record + at)))
    if (tag !== 'kern') continue
    const feature = features + gpos.getUint16(record + 4)
    const count = gpos.getUint16(feature + 2)
    const named = new Set(Array.from({ length: count }, (_, each) => gpos.getUint16(feature + 4 + each * 2)))
    return [...named].sort((a, b) => a - b).map((each) => lookups + gpos.getUint16(lookups + 2 + each * 2))
  }
  return []
}

function pairSubtables(gpos: DataView, lookup: number): number[] {
  const type = gpos.getUint16(lookup)
  const count = gpos.getUint16(lookup + 4)
  return Array.from({ length: count }, (_, index) => lookup + gpos.getUint16(lookup + 6 + index * 2)).flatMap((at) => {
    if (type === PAIR_ADJUSTMENT) return [at]
    return type === EXTENSION && gpos.getUint16(at + 2) === PAIR_ADJUSTMENT ? [at + gpos.getUint32(at + 4)] : []
  })
}

/** Of the subtables of one lookup, the first that knows the pair decides. */
function firstOf(gpos: DataView, subtables: readonly number[], left: number, right: number): number {
  for (const at of subtables) {
    const covered = coverageIndex(gpos, at + gpos.getUint16(at + 2), left)
    if (covered === undefined) continue
    const value = gpos.getUint16(at) === 1 ? pairValue(gpos, at, covered, right) : classValue(gpos, at, left, right)
    if (value !== undefined) return value
  }
  return 0
}

const bits = (format: number): number => {
  let count = 0
  for (let rest = format; rest > 0; rest >>= 1) count += rest & 1
  return count
}

/** Where the x advance of the first glyph stands in a value record, which only has the fields of its format. */
const advanceAt = (gpos: DataView, at: number, format: number): number =>
  format & X_ADVANCE ? gpos.getInt16(at + bits(format & (X_ADVANCE - 1)) * 2) : 0

function pairValue(gpos: DataView, at: number, covered: number, right: number): number | undefined {
  const [first, second] = [gpos.getUint16(at + 4), gpos.getUint16(at + 6)]
  const set = at + gpos.getUint16(at + 10 + covered * 2)
  const step = 2 + (bits(first) + bits(second)) * 2
  for (let index = 0; index < gpos.getUint16(set); index += 1) {
    const record = set + 2 + index * step
    if (gpos.getUint16(record) === right) return advanceAt(gpos, record + 2, first)
  }
  return undefined
}

function classValue(gpos: DataView, at: number, left: number, right: number): number {
  const [first, second] = [gpos.getUint16(at + 4), gpos.getUint16(at + 6)]
  const leftClass = classOf(gpos, at + gpos.getUint16(at + 8), left)
  const rightClass = classOf(gpos, at + gpos.getUint16(at + 10), right)
  const record = leftClass * gpos.getUint16(at + 14) + rightClass
  return advanceAt(gpos, at + 16 + record * (bits(first) + bits(second)) * 2, first)
}

/** The range of a table of ranges (start, end, value) that a glyph lies in. */
function rangeOf(gpos: DataView, at: number, glyph: number): number | undefined {
  for (let index = 0; index < gpos.getUint16(at); index += 1) {
    const range = at + 2 + index * 6
    if (glyph >= gpos.getUint16(range) && glyph <= gpos.getUint16(range + 2)) return range
  }
  return undefined
}

function coverageIndex(gpos: DataView, at: number, glyph: number): number | undefined {
  if (gpos.getUint16(at) === 1) {
    for (let index = 0; index < gpos.getUint16(at + 2); index += 1) {
      if (gpos.getUint16(at + 4 + index * 2) === glyph) return index
    }
    return undefined
  }
  const range = rangeOf(gpos, at + 2, glyph)
  return range === undefined ? undefined : gpos.getUint16(range + 4) + glyph - gpos.getUint16(range)
}

function classOf(gpos: DataView, at: number, glyph: number): number {
  if (gpos.getUint16(at) === 1) {
    const index = glyph - gpos.getUint16(at + 2)
    return index >= 0 && index < gpos.getUint16(at + 4) ? gpos.getUint16(at + 6 + index * 2) : 0
  }
  const range = rangeOf(gpos, at + 2, glyph)
  return range === undefined ? 0 : gpos.getUint16(range + 4)
}
