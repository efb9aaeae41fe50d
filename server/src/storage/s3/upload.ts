import { Readable } from 'node:stream'
import type { PutOptions } from '../../core/artifact.ts'
import { Slots } from '../../lib/slots.ts'
import type { Connection } from './client.ts'

/** The smallest part that S3 takes: one is held while it is sent, and the next one fills. */
const PART_BYTES = 5 * 1024 * 1024
/** Uploads of unknown size at once; each holds about two parts. */
const MOST_AT_ONCE = 6

const slots = new Slots(MOST_AT_ONCE)

interface Target {
  Bucket: string
  Key: string
}

/** Writes an object as its bytes come. An object appears only when it is whole. */
export async function upload(
  connection: Connection,
  target: Target,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  { mediaType, size }: PutOptions,
): Promise<void> {
  const { library, client } = await connection()
  const described = { ...target, ...(mediaType && { ContentType: mediaType }) }
  if (bytes instanceof Uint8Array) {
    await client.send(new library.PutObjectCommand({ ...described, Body: bytes }))
    return
  }
  const source = watched(bytes)
  try {
    if (size !== undefined) {
      const body = Readable.from(source.bytes, { objectMode: false })
      await client.send(new library.PutObjectCommand({ ...described, Body: body, ContentLength: size }))
    } else {
      const { Upload } = await import('@aws-sdk/lib-storage')
      await slots.run(() =>
        new Upload({
          client,
          params: { ...described, Body: Readable.from(source.bytes, { objectMode: false }) },
          queueSize: 1,
          partSize: PART_BYTES,
        }).done(),
      )
    }
  } catch (error) {
    throw source.failed ? source.error : error
  }
}

/** The bytes, and what they ended in: the library may wrap that in an error of its own. */
function watched(bytes: AsyncIterable<Uint8Array>) {
  const source = { failed: false, error: undefined as unknown, bytes: pass() }
  async function* pass(): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes
    } catch (error) {
      source.failed = true
      source.error = error
      throw error
    }
  }
  return source
}
