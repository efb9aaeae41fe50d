import { RawBody } from '../types.ts'

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8, 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

const TIMESCALE = 1000

/** The movie header: its duration is what players and probes read first. Source: ISO/IEC 14496-12, `mvhd`. */
function movieHeader(seconds: number): Buffer {
  const body = Buffer.alloc(100)
  body.writeUInt32BE(TIMESCALE, 12)
  body.writeUInt32BE(Math.round(seconds * TIMESCALE), 16)
  body.writeUInt32BE(0x00010000, 20)
  body.writeUInt16BE(0x0100, 24)
  for (const [place, value] of [0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000].entries()) {
    body.writeUInt32BE(value, 36 + place * 4)
  }
  body.writeUInt32BE(1, 96)
  return box('mvhd', body)
}

/**
 * An MP4 container of the asked duration without a picture in it: enough for whoever
 * stores, hashes and probes it. The prompt lies in it as text, so that clips differ.
 */
export function clip({ prompt, seconds }: { prompt: string; seconds: number }): RawBody {
  const brand = Buffer.from('isom\0\0\x02\0isomiso2mp41', 'latin1')
  const note = Buffer.from(`EMULATED: ${prompt}`)
  const data = Buffer.concat([box('ftyp', brand), box('moov', movieHeader(seconds)), box('mdat', note)])
  return new RawBody(data, 'video/mp4')
}
