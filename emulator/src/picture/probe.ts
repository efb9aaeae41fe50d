/** What the first bytes of a picture tell. */
export interface Probe {
  mimeType: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'
  width: number
  height: number
}

function probePng(data: Buffer): Probe | undefined {
  if (data.length < 24 || data.readUInt32BE(0) !== 0x89504e47) return undefined
  return { mimeType: 'image/png', width: data.readUInt32BE(16), height: data.readUInt32BE(20) }
}

function probeGif(data: Buffer): Probe | undefined {
  if (data.length < 10 || data.toString('latin1', 0, 4) !== 'GIF8') return undefined
  return { mimeType: 'image/gif', width: data.readUInt16LE(6), height: data.readUInt16LE(8) }
}

/** Walks the segments up to the frame header, whose marker is C0 to CF without C4, C8 and CC. */
function probeJpeg(data: Buffer): Probe | undefined {
  if (data.length < 4 || data.readUInt16BE(0) !== 0xffd8) return undefined
  let position = 2
  while (position + 9 <= data.length && data[position] === 0xff) {
    const marker = data[position + 1] as number
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        mimeType: 'image/jpeg',
        width: data.readUInt16BE(position + 7),
        height: data.readUInt16BE(position + 5),
      }
    }
    position += 2 + data.readUInt16BE(position + 2)
  }
  return undefined
}

function probeWebp(data: Buffer): Probe | undefined {
  if (data.length < 30 || data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WEBP') {
    return undefined
  }
  const format = data.toString('latin1', 12, 16)
  if (format === 'VP8X') {
    return { mimeType: 'image/webp', width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 }
  }
  if (format === 'VP8L') {
    const bits = data.readUInt32LE(21)
    return { mimeType: 'image/webp', width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  return { mimeType: 'image/webp', width: data.readUInt16LE(26) & 0x3fff, height: data.readUInt16LE(28) & 0x3fff }
}

/** The type and size of a picture; undefined for anything that is not one of the four formats. */
export function probePicture(data: Buffer): Probe | undefined {
  return probePng(data) ?? probeJpeg(data) ?? probeWebp(data) ?? probeGif(data)
}

/** The bytes of a base64 `data:` URL of an image; undefined where its form is wrong. */
export function decodeDataUrl(url: string): Buffer | undefined {
  const comma = url.indexOf(',')
  if (!/^data:image\/[a-z+.-]+;base64$/i.test(url.slice(0, comma))) return undefined
  const encoded = url.slice(comma + 1)
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : undefined
}

export function probeDataUrl(url: string): Probe | undefined {
  const data = decodeDataUrl(url)
  return data && probePicture(data)
}

/** The type and size of a picture in base64; undefined for anything else. */
export function decodePicture(base64: string): Probe | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? probePicture(Buffer.from(base64, 'base64')) : undefined
}
