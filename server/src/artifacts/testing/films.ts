/** Small films of headers without frames, made box by box. */

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
const zeros = (length: number) => Buffer.alloc(length)

export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body])
}

/** The same with its size in 64 bits. */
function largeBox(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(16 + body.length))
  return Buffer.concat([u32(1), Buffer.from(type, 'latin1'), size, body])
}

const STRAIGHT = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]
const QUARTER_TURN = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000]

function track(handler: string, width: number, height: number, matrix = STRAIGHT): Buffer {
  const header = box('tkhd', zeros(4 + 20 + 16), ...matrix.map(u32), u32(width * 65_536), u32(height * 65_536))
  return box('trak', header, box('mdia', box('hdlr', zeros(8), Buffer.from(handler), zeros(12))))
}

export interface Film {
  width: number
  height: number
  /** In milliseconds. */
  duration: number
}

const FTYP = box('ftyp', Buffer.from('isom'), u32(512), Buffer.from('isommp42'))

export interface Mp4Shape {
  /** The facts stand behind the frames. */
  factsLast?: boolean
  turned?: boolean
  fragmented?: boolean
  frames?: number
}

/** An MP4 that has a sound track before its pictures. */
export function mp4({ width, height, duration }: Film, shape: Mp4Shape = {}): Buffer {
  const header = box('mvhd', zeros(12), u32(1000), u32(shape.fragmented ? 0 : duration), zeros(80))
  const fragments = shape.fragmented ? [box('mvex', box('mehd', zeros(4), u32(duration)))] : []
  const pictures = shape.turned ? track('vide', height, width, QUARTER_TURN) : track('vide', width, height)
  const facts = box('moov', header, track('soun', 0, 0), pictures, ...fragments)
  const frames = largeBox('mdat', zeros(shape.frames ?? 1_000))
  return Buffer.concat(shape.factsLast ? [FTYP, frames, facts] : [FTYP, facts, frames])
}

function element(id: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from(id, 'hex'), u32(0x10000000 + body.length), body])
}

const float = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

/** A WebM; as a live recording its segment has no known length and no duration. */
export function webm({ width, height, duration }: Film, live = false): Buffer {
  const head = element('1a45dfa3', element('4282', Buffer.from('webm')))
  const info = element(
    '1549a966',
    element('2ad7b1', u32(500_000)),
    ...(live ? [] : [element('4489', float(duration * 2))]),
  )
  const video = element('e0', element('b0', u16(width)), element('ba', u16(height)))
  const tracks = element('1654ae6b', element('ae', element('83', Buffer.from([1])), video))
  const cluster = element('1f43b675', zeros(500))
  const body = Buffer.concat([info, tracks, cluster])
  return live
    ? Buffer.concat([head, Buffer.from('1853806701ffffffffffffff', 'hex'), body])
    : Buffer.concat([head, element('18538067', body)])
}
