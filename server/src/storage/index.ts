import { join } from 'node:path'
import type { ArtifactDriver, ObjectReader } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import { createFileStorage } from './fs.ts'
import type { S3Settings } from './s3/client.ts'
import { createS3Reader, createS3Storage, type S3Place } from './s3.ts'

/** What decides where artifacts are kept and which buckets are read. */
export interface StorageChoice {
  dataDir: string
  storage: 'fs' | S3Place
  s3Endpoint: string | undefined
  s3Region: string | undefined
  s3ForcePathStyle: boolean | undefined
  s3AccessKeyId: string | undefined
  s3SecretAccessKey: string | undefined
  s3InputBuckets: readonly string[] | undefined
  env: Readonly<Record<string, string | undefined>>
}

const DEFAULT_REGION = 'us-east-1'

/** @throws TurnoutError invalid_input where a half of the credential is missing */
function settingsOf({ env, ...choice }: StorageChoice): S3Settings {
  const { s3AccessKeyId: own, s3SecretAccessKey: ownSecret, s3Endpoint: endpoint } = choice
  if ((own === undefined) !== (ownSecret === undefined)) {
    const param = own === undefined ? 'TURNOUT_S3_ACCESS_KEY_ID' : 'TURNOUT_S3_SECRET_ACCESS_KEY'
    throw new TurnoutError('invalid_input', `${param} is missing: the two halves of the credential go together.`, {
      param,
    })
  }
  const accessKeyId = own ?? env.AWS_ACCESS_KEY_ID
  const secretAccessKey = ownSecret ?? env.AWS_SECRET_ACCESS_KEY
  const sessionToken = own === undefined ? env.AWS_SESSION_TOKEN : undefined
  return {
    endpoint,
    region: choice.s3Region ?? env.AWS_REGION ?? DEFAULT_REGION,
    forcePathStyle: choice.s3ForcePathStyle ?? endpoint !== undefined,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, sessionToken } : undefined,
  }
}

/** Where artifacts are kept. Nothing is asked of it yet. @throws TurnoutError invalid_input */
export function createStorage(choice: StorageChoice): ArtifactDriver {
  const { storage, dataDir } = choice
  return storage === 'fs' ? createFileStorage(join(dataDir, 'artifacts')) : createS3Storage(storage, settingsOf(choice))
}

/** What reads inputs of the buckets that requests may name. @throws TurnoutError invalid_input */
export function createObjectReader(choice: StorageChoice): (ObjectReader & { close(): void }) | undefined {
  return choice.s3InputBuckets && createS3Reader(choice.s3InputBuckets, settingsOf(choice))
}
