import { randomBytes } from 'node:crypto'
import type { Connection, ImageAdapter } from 'turnout/src/core/adapter.ts'
import type { ImageCall, Media } from 'turnout/src/core/media.ts'
import type { Contest, PictureOutcome } from './contest.ts'
import { type Access, type Answer, connect, Memory } from './memory.ts'

const BYTES = 1_500_000
/** What the network hands over at once. */
const PIECE = 65_536

/** A picture as far as its head: what comes after does not matter to those who carry it. */
export const PICTURE = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(BYTES - 8)])
export const BASE64 = PICTURE.toString('base64')

const cut = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, i) => bytes.subarray(i * PIECE, (i + 1) * PIECE))

export const jsonAnswer = (value: unknown, headers: Record<string, string> = {}): Answer => ({
  headers: { 'content-type': 'application/json', ...headers },
  pieces: cut(Buffer.from(JSON.stringify(value))),
})

export const pictureAnswer = (headers: Record<string, string>): Answer => ({
  headers: { 'content-type': 'image/png', ...headers },
  pieces: cut(PICTURE),
})

/** What the pictures are asked for with. */
export const callOf = (model: string): ImageCall => ({
  model,
  prompt: 'A railcar that waits at a small junction in the evening light, seen from the signal box',
  count: 1,
  aspectRatio: '16:9',
})

/** One protocol of pictures: the adapter that speaks it, and the same by hand. */
export interface Painter {
  name: string
  adapter: ImageAdapter
  access: Access
  call: ImageCall
  answer(url: string): Answer
  byHand(call: ImageCall, connection: Connection): Promise<Media>
}

async function look({ bytes, body, url, mediaType }: Media): Promise<PictureOutcome> {
  if (bytes) return { bytes: bytes.byteLength, mediaType }
  if (url !== undefined) return { url, mediaType }
  let size = 0
  for await (const piece of body!) size += piece.byteLength
  return { bytes: size, mediaType }
}

export function pictureContest({ name, adapter, access, call, answer, byHand }: Painter): Contest {
  const provider = new Memory(answer)
  return {
    what: name,
    per: 1,
    provider,
    connect: (signal) => connect(access, provider.transport, signal),
    async adapter(connection) {
      let outcome = await adapter.start(call, connection)
      while (outcome.status === 'pending') outcome = await adapter.poll!(outcome.operation, connection)
      return look(outcome.media[0]!)
    },
    byHand: async (connection) => look(await byHand(call, connection)),
  }
}
