import { inflateSync } from 'node:zlib'

const HEADER = 44
const ENTRY = 20

/** One table of a font in WOFF 1.0 (https://www.w3.org/TR/WOFF/); undefined where it has none of that name. */
export function tableOf(woff: Uint8Array, tag: string): DataView | undefined {
  const file = Buffer.from(woff.buffer, woff.byteOffset, woff.byteLength)
  const count = file.readUInt16BE(12)
  for (let entry = HEADER; entry < HEADER + count * ENTRY; entry += ENTRY) {
    if (file.toString('latin1', entry, entry + 4) !== tag) continue
    const [offset, packed, length] = [4, 8, 12].map((at) => file.readUInt32BE(entry + at)) as [number, number, number]
    const stored = file.subarray(offset, offset + packed)
    const bytes = packed < length ? inflateSync(stored) : stored
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  return undefined
}
