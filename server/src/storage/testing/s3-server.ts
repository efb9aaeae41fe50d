import { randomBytes } from 'node:crypto'
import type { S3Settings } from '../s3/client.ts'

/** The S3 server of the tests (`.ci/s3` starts one); without it the tests on S3 are left out. */
export const S3_URL = process.env.TURNOUT_TEST_S3_URL || undefined

/** Buckets of a test's own, and how they are reached. */
export interface S3World {
  settings: S3Settings & { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  /** A new bucket, which holds nothing. */
  bucket(): Promise<string>
  put(bucket: string, key: string, bytes: string | Uint8Array): Promise<void>
  /** Begins a multipart upload and leaves it so. */
  begin(bucket: string, key: string): Promise<void>
  /** The keys of the multipart uploads that were begun and not ended. */
  unfinished(bucket: string): Promise<string[]>
  stop(): void
}

export async function openS3(): Promise<S3World> {
  const { CreateBucketCommand, CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand, S3Client } =
    await import('@aws-sdk/client-s3')
  const settings = {
    endpoint: S3_URL!,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'turnout-tests', secretAccessKey: 'turnout-tests-secret' },
  }
  const client = new S3Client(settings)
  return {
    settings,
    async bucket() {
      const Bucket = `turnout-${randomBytes(8).toString('hex')}`
      await client.send(new CreateBucketCommand({ Bucket }))
      return Bucket
    },
    async put(Bucket, Key, bytes) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: bytes }))
    },
    async begin(Bucket, Key) {
      await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    },
    async unfinished(Bucket) {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
      return Uploads.map(({ Key }) => Key!)
    },
    stop: () => client.destroy(),
  }
}
