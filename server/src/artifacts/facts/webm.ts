import { type Facts, NO_FACTS, type ReadPart } from './types.ts'

/** Size and duration stand before the first frames. */
const HEAD_BYTES = 256 * 1024
const MOST_ELEMENTS = 5_000

/** Ids of EBML elements (RFC 9559, section 5.1), those that hold others first. */
const SEGMENT = 0x1853_8067
const INFO = 0x1549_a966
const TRACKS = 0x1654_ae6b
const TRACK_ENTRY = 0xae
const VIDEO = 0xe0
const PARENTS: ReadonlySet<number> = new Set([SEGMENT, INFO, TRACKS, TRACK_ENTRY, VIDEO])
const CLUSTER = 0x1f43_b675
const TIMESTAMP_SCALE = 0x2a_d7b1
const DURATION = 0x4489
const PIXEL_WIDTH = 0xb0
const PIXEL_HEIGHT = 0xba

const NANOSECONDS_PER_MS = 1_000_000
/** What the scale is where the file does not say. */
const DEFAULT_SCALE = 1_000_000

/** How many bytes a number of variable length has, by its first one. */
const lengthOf = (first: number): number => Math.clz32(first) - 23

function unsigned(bytes: Buffer, at: number, length: number): number {
  let value = 0
  for (let i = 0; i < length; i += 1) value = value * 256 + bytes.readUInt8(at + i)
  return value
}

interface Element {
  id: number
  start: number
  length: number
}

/** Every element, those within others too; those of unknown length are gone into. @throws RangeError at the end */
function* elementsOf(bytes: Buffer): Generator<Element> {
  let at = 0
  for (let count = 0; count < MOST_ELEMENTS; count += 1) {
    const idLength = lengthOf(bytes.readUInt8(at))
    if (idLength > 4) return
    const id = unsigned(bytes, at, idLength)
    at += idLength
    const first = bytes.readUInt8(at)
    const sizeLength = lengthOf(first)
    if (sizeLength > 8) return
    const rest = unsigned(bytes, at + 1, sizeLength - 1)
    const length = (first & (0xff >> sizeLength)) * 256 ** (sizeLength - 1) + rest
    at += sizeLength
    if (id === CLUSTER) return
    yield { id, start: at, length }
    if (!PARENTS.has(id)) at += length
  }
}

function floating(bytes: Buffer, { start, length }: Element): number | undefined {
  if (length === 4) return bytes.readFloatBE(start)
  return length === 8 ? bytes.readDoubleBE(start) : undefined
}

/** Size and duration of a WebM file; null for what it does not tell, as recordings often do not. */
export async function webmFacts(read: ReadPart): Promise<Facts> {
  const bytes = await read(0, HEAD_BYTES)
  const facts = { ...NO_FACTS }
  let scale = DEFAULT_SCALE
  let duration: number | undefined
  try {
    for (const element of elementsOf(bytes)) {
      const { id, start, length } = element
      if (id === DURATION) duration = floating(bytes, element)
      if (id === TIMESTAMP_SCALE && length <= 8) scale = unsigned(bytes, start, length)
      if (id === PIXEL_WIDTH && length <= 4) facts.width ??= unsigned(bytes, start, length) || null
      if (id === PIXEL_HEIGHT && length <= 4) facts.height ??= unsigned(bytes, start, length) || null
    }
  } catch (error) {
    // The head ends in the middle of an element.
    if (!(error instanceof RangeError)) throw error
  }
  const milliseconds = duration === undefined ? Number.NaN : (duration * scale) / NANOSECONDS_PER_MS
  return Number.isFinite(milliseconds) && milliseconds > 0 ? { ...facts, durationMs: Math.round(milliseconds) } : facts
}
