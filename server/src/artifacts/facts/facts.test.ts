import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { box, type Mp4Shape, mp4, webm } from '../testing/films.ts'
import { mp4Facts } from './mp4.ts'
import { pictureFacts } from './picture.ts'
import { NO_FACTS } from './types.ts'
import { webmFacts } from './webm.ts'

const FILM = { width: 1280, height: 720, duration: 5_042 }
const FACTS = { ...NO_FACTS, width: 1280, height: 720, durationMs: 5_042 }

const reader = (bytes: Buffer) => async (start: number, length: number) => bytes.subarray(start, start + length)
const ofMp4 = (bytes: Buffer) => mp4Facts(reader(bytes), bytes.length)

describe('an MP4 tells its size and duration', () => {
  test.each<[string, Mp4Shape]>([
    ['before its frames', {}],
    ['behind its frames', { factsLast: true, frames: 300_000 }],
    ['as it is turned', { turned: true }],
    ['of its fragments', { fragmented: true }],
  ])('%s', async (_, shape) => expect(await ofMp4(mp4(FILM, shape))).toEqual(FACTS))

  test('and reads little of it', async () => {
    const bytes = mp4(FILM, { factsLast: true, frames: 5_000_000 })
    let read = 0
    const counting = async (start: number, length: number) => {
      read += length
      return bytes.subarray(start, start + length)
    }
    expect(await mp4Facts(counting, bytes.length)).toEqual(FACTS)
    expect(read).toBeLessThan(2_000)
  })

  test('unless it is broken anywhere', async () => {
    const whole = mp4(FILM)
    for (let length = 0; length < whole.length; length += 7) {
      const told = await ofMp4(whole.subarray(0, length)).catch((error: unknown) => error)
      if (!(told instanceof RangeError)) expect([NO_FACTS, FACTS]).toContainEqual(told)
    }
    const noEnd = Buffer.concat([mp4(FILM).subarray(0, 24), ...Array.from({ length: 500 }, () => box('free'))])
    expect(await ofMp4(noEnd)).toEqual(NO_FACTS)
  })
})

describe('a WebM tells its size and duration', () => {
  test('where it knows them', async () => expect(await webmFacts(reader(webm(FILM)))).toEqual(FACTS))

  test('but for the duration of a recording', async () => {
    expect(await webmFacts(reader(webm(FILM, true)))).toEqual({ ...FACTS, durationMs: null })
  })

  test('unless it is broken anywhere', async () => {
    const whole = webm(FILM)
    for (let length = 0; length < whole.length; length += 1) {
      const { width } = await webmFacts(reader(whole.subarray(0, length)))
      expect([null, 1280]).toContain(width)
    }
    for (const byte of [0x00, 0xff, 0x01]) await webmFacts(reader(Buffer.alloc(100_000, byte)))
  })
})

describe('a picture', () => {
  const paint = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })

  test.each(['png', 'jpeg', 'webp', 'gif', 'avif'] as const)('that is a %s has a thumbnail', async (format) => {
    const facts = await pictureFacts(await paint(1200, 600).toFormat(format).toBuffer())
    expect(facts).toMatchObject({ width: 1200, height: 600, durationMs: null })
    expect(await sharp(facts.thumbnail!).metadata()).toMatchObject({ format: 'webp', width: 512, height: 256 })
    expect(Buffer.from(facts.thumbhash!, 'base64').length).toBeGreaterThan(4)
  })

  test('that is small is not made larger', async () => {
    const { thumbnail } = await pictureFacts(await paint(20, 10).png().toBuffer())
    expect(await sharp(thumbnail!).metadata()).toMatchObject({ width: 20, height: 10 })
  })

  test('that lies on its side is told as it is shown', async () => {
    const bytes = await paint(300, 100).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const facts = await pictureFacts(bytes)
    expect(facts).toMatchObject({ width: 100, height: 300 })
    expect(await sharp(facts.thumbnail!).metadata()).toMatchObject({ width: 100, height: 300 })
  })

  test('that is a drawing is drawn, and shows no file of this machine', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="32"><image href="file:///etc/hostname"/><rect width="64" height="32" fill="red"/></svg>',
    )
    expect(await pictureFacts(svg)).toMatchObject({ width: 64, height: 32 })
  })

  test('that cannot be read has no facts, and one that is cut off has what it has', async () => {
    expect(await pictureFacts(Buffer.from('\x89PNG\r\n\x1a\n rubbish', 'latin1'))).toEqual(NO_FACTS)
    const whole = await paint(800, 800).png().toBuffer()
    const cut = await pictureFacts(whole.subarray(0, whole.length / 2))
    expect([null, 800]).toContain(cut.width)
  })

  test('of more pixels than anybody needs is not unfolded', async () => {
    const bomb = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"><rect width="9" height="9"/></svg>',
    )
    expect((await pictureFacts(bomb)).thumbnail).toBeNull()
  })
})
