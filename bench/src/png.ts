import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A square PNG: of one grey where one is given, else of noise, which no format makes smaller. */
export function png(side: number, grey?: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // Eight bits each of red, green and blue.
  header.set([8, 2], 8)
  const width = side * 3
  const rows = Buffer.alloc(side * (1 + width))
  for (let row = 0; row < side; row += 1) {
    rows.set(grey === undefined ? randomBytes(width) : Buffer.alloc(width, grey), row * (1 + width) + 1)
  }
  const pixels = deflateSync(rows, { level: grey === undefined ? 0 : 6 })
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}
