import { type Facts, NO_FACTS, type ReadPart } from './types.ts'

/** Boxes of the top level that are looked at, and how large the one with the facts may be. */
const MOST_BOXES = 200
const MOST_BYTES = 16 * 1024 * 1024

interface Box {
  type: string
  /** Where its content starts and its successor begins. */
  start: number
  end: number
}

/** The box at a place (ISO/IEC 14496-12, section 4.2); undefined where there is none. */
function boxAt(head: Buffer, at: number, limit: number): Box | undefined {
  if (head.length < 8) return undefined
  const type = head.toString('latin1', 4, 8)
  const short = head.readUInt32BE(0)
  if (short === 1) {
    if (head.length < 16) return undefined
    const end = at + Number(head.readBigUInt64BE(8))
    return end >= at + 16 && end <= limit ? { type, start: at + 16, end } : undefined
  }
  const end = short === 0 ? limit : at + short
  return end >= at + 8 && end <= limit ? { type, start: at + 8, end } : undefined
}

/** The boxes within a part of the bytes. */
function* boxesIn(bytes: Buffer, { start, end }: Pick<Box, 'start' | 'end'>): Generator<Box> {
  for (let at = start; at < end; ) {
    const box = boxAt(bytes.subarray(at, Math.min(at + 16, end)), at, end)
    if (box === undefined) return
    yield box
    at = box.end
  }
}

function find(bytes: Buffer, within: Pick<Box, 'start' | 'end'>, ...path: string[]): Box | undefined {
  const [type, ...rest] = path
  for (const box of boxesIn(bytes, within)) {
    if (box.type !== type) continue
    return rest.length === 0 ? box : find(bytes, box, ...rest)
  }
  return undefined
}

/** A number whose width follows the version of its box: 32 bits, or 64 from version 1 on. */
const versioned = (bytes: Buffer, version: number, at: number): number =>
  version === 0 ? bytes.readUInt32BE(at) : Number(bytes.readBigUInt64BE(at))

/** All ones stands for: not known. */
const isKnown = (duration: number, version: number): boolean =>
  duration > 0 && duration < (version === 0 ? 0xffff_ffff : Number.MAX_SAFE_INTEGER)

/** The duration of the movie header, or of the header of its fragments. */
function durationOf(bytes: Buffer, movie: Box): number | null {
  const header = find(bytes, movie, 'mvhd')
  if (header === undefined) return null
  const version = bytes.readUInt8(header.start)
  // Version and flags, two times, then the scale and the duration.
  const scaleAt = header.start + 4 + (version === 0 ? 8 : 16)
  const scale = bytes.readUInt32BE(scaleAt)
  let duration = versioned(bytes, version, scaleAt + 4)
  let known = isKnown(duration, version)
  const fragments = known ? undefined : find(bytes, movie, 'mvex', 'mehd')
  if (fragments) {
    const own = bytes.readUInt8(fragments.start)
    duration = versioned(bytes, own, fragments.start + 4)
    known = isKnown(duration, own)
  }
  return known && scale > 0 ? Math.round((duration / scale) * 1000) : null
}

/** Width and height of a track as it is shown; undefined for what shows nothing, such as sound. */
function sizeOf(bytes: Buffer, track: Box): { width: number; height: number } | undefined {
  const header = find(bytes, track, 'tkhd')
  const handler = find(bytes, track, 'mdia', 'hdlr')
  if (header === undefined || handler === undefined) return undefined
  if (bytes.toString('latin1', handler.start + 8, handler.start + 12) !== 'vide') return undefined
  // The matrix and the size, in 16.16 fixed point, end the box.
  const width = Math.round(bytes.readUInt32BE(header.end - 8) / 65_536)
  const height = Math.round(bytes.readUInt32BE(header.end - 4) / 65_536)
  if (width === 0 || height === 0) return undefined
  const matrix = header.end - 8 - 36
  const quarterTurn = bytes.readInt32BE(matrix) === 0 && bytes.readInt32BE(matrix + 4) !== 0
  return quarterTurn ? { width: height, height: width } : { width, height }
}

function factsOf(bytes: Buffer): Facts {
  const movie = { type: 'moov', start: 0, end: bytes.length }
  const facts = { ...NO_FACTS, durationMs: durationOf(bytes, movie) }
  for (const box of boxesIn(bytes, movie)) {
    const size = box.type === 'trak' ? sizeOf(bytes, box) : undefined
    if (size) return { ...facts, ...size }
  }
  return facts
}

/** Size and duration of an MP4 or QuickTime file, wherever in it they stand. @throws RangeError for a broken one */
export async function mp4Facts(read: ReadPart, size: number): Promise<Facts> {
  let at = 0
  for (let count = 0; count < MOST_BOXES && at < size; count += 1) {
    const box = boxAt(await read(at, 16), at, size)
    if (box === undefined) return NO_FACTS
    const length = box.end - box.start
    if (box.type === 'moov') return length > MOST_BYTES ? NO_FACTS : factsOf(await read(box.start, length))
    at = box.end
  }
  return NO_FACTS
}
