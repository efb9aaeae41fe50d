import { crc32 } from 'node:zlib'

/** Frames of `application/vnd.amazon.eventstream`, as little of them as one call needs. */

const PRELUDE = 12
const CHECKSUM = 4
const STRING = 7

function header(name: string, value: string): Buffer {
  const bytes = Buffer.alloc(4 + name.length + value.length)
  bytes.writeUInt8(name.length, 0)
  bytes.write(name, 1)
  bytes.writeUInt8(STRING, 1 + name.length)
  bytes.writeUInt16BE(value.length, 2 + name.length)
  bytes.write(value, 4 + name.length)
  return bytes
}

/** A frame as AWS sends it. */
export function frame(type: string, contentType: string, payload: Buffer): Buffer {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', contentType),
    header(':message-type', 'event'),
  ])
  const bytes = Buffer.alloc(PRELUDE + headers.length + payload.length + CHECKSUM)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, PRELUDE)
  payload.copy(bytes, PRELUDE + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -CHECKSUM)), bytes.length - CHECKSUM)
  return bytes
}

export interface Frame {
  /** `event`, or a failure. */
  kind: string
  /** Of an event. */
  type: string
  payload: Buffer
}

/** What the headers say, which come in any order. */
function readFrame(bytes: Buffer, start: number, end: number): Frame {
  let kind = ''
  let type = ''
  let at = start + PRELUDE
  const payload = at + bytes.readUInt32BE(start + 4)
  while (at < payload) {
    const value = at + 1 + bytes[at]! + 1
    const next = value + 2 + bytes.readUInt16BE(value)
    const name = bytes.toString('latin1', at + 1, value - 1)
    if (name === ':message-type') kind = bytes.toString('latin1', value + 2, next)
    else if (name === ':event-type') type = bytes.toString('latin1', value + 2, next)
    at = next
  }
  return { kind, type, payload: bytes.subarray(payload, end) }
}

/** Puts together what the network has cut, and checks each frame by its checksum. It knows headers of text alone. */
export function frameSplitter(): (bytes: Uint8Array) => Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const frames: Frame[] = []
    let start = 0
    while (all.length - start >= PRELUDE) {
      const end = start + all.readUInt32BE(start)
      if (end > all.length) break
      if (crc32(all.subarray(start, end - CHECKSUM)) !== all.readUInt32BE(end - CHECKSUM)) throw new Error('broken')
      frames.push(readFrame(all, start, end - CHECKSUM))
      start = end
    }
    rest = all.subarray(start)
    return frames
  }
}
