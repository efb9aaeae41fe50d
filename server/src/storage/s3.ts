import type { Readable } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { ArtifactDriver, ByteRange, ObjectReader, StoredBytes } from '../core/artifact.ts'
import { requireKey, requirePrefix } from './key.ts'
import { type Connected, connect, type S3Settings } from './s3/client.ts'
import { presigned } from './s3/presign.ts'
import { upload } from './s3/upload.ts'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The bytes of an answer; its size is behind the slash where only a part was asked for. */
function bytesOf({ Body, ContentLength, ContentRange }: GetObjectCommandOutput): StoredBytes {
  const whole = ContentRange?.slice(ContentRange.lastIndexOf('/') + 1)
  return { bytes: Body as Readable, size: Number(whole ?? ContentLength) }
}

async function get({ library, client }: Connected, Bucket: string, Key: string, range?: ByteRange) {
  const Range = range && `bytes=${range.start}-${range.end}`
  const answer = await ifThere(client.send(new library.GetObjectCommand({ Bucket, Key, Range })))
  return answer && bytesOf(answer)
}

export interface S3Place {
  bucket: string
  /** What every key begins with; empty, or ends with `/`. */
  prefix: string
}

/** Artifacts as objects of one bucket, of AWS or of whoever else speaks its protocol. */
export function createS3Storage({ bucket, prefix }: S3Place, settings: S3Settings): ArtifactDriver {
  const connection = connect(settings)
  const place = { Bucket: bucket }
  const at = (key: string) => ({ ...place, Key: prefix + requireKey(key) })
  return {
    place: `s3://${bucket}/${prefix}`,
    put: (key, bytes, options = {}) => upload(connection, at(key), bytes, options),
    open: async (key, range) => get(await connection(), bucket, at(key).Key, range),
    async stat(key) {
      const target = at(key)
      const { library, client } = await connection()
      const known = await ifThere(client.send(new library.HeadObjectCommand(target)))
      return known && { key, size: known.ContentLength ?? 0, modifiedAt: known.LastModified?.getTime() ?? 0 }
    },
    async delete(key) {
      const target = at(key)
      const { library, client } = await connection()
      await client.send(new library.DeleteObjectCommand(target))
    },
    async *list(keys) {
      const Prefix = prefix + requirePrefix(keys)
      const { library, client } = await connection()
      for await (const page of library.paginateListObjectsV2({ client }, { ...place, Prefix })) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          yield { key: Key!.slice(prefix.length), size: Size ?? 0, modifiedAt: LastModified?.getTime() ?? 0 }
        }
      }
    },
    async discardUnfinished(time) {
      const { library, client } = await connection()
      const { Uploads = [] } = await client.send(
        new library.ListMultipartUploadsCommand({ ...place, ...(prefix && { Prefix: prefix }) }),
      )
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (!Key?.startsWith(prefix) || Initiated === undefined || Initiated.getTime() >= time) continue
        await client.send(new library.AbortMultipartUploadCommand({ ...place, Key, UploadId }))
      }
    },
    presign: async (key, options) => presigned(await connection(), at(key), options),
    close: () => connection.close(),
  }
}

/** Reads objects that requests name as `s3://bucket/key`, of these buckets only. */
export function createS3Reader(buckets: readonly string[], settings: S3Settings): ObjectReader & { close(): void } {
  const connection = connect(settings)
  return {
    buckets: new Set(buckets),
    open: async (bucket, key) => get(await connection(), bucket, key),
    close: () => connection.close(),
  }
}
