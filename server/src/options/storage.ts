import { buckets, httpUrl, integer, type S3Location, seconds, secret, size, storage, text, yesOrNo } from './kinds.ts'
import type { Option } from './option.ts'

/** Where artifacts are kept, how long and how many. */
export interface StorageSettings {
  storage: 'fs' | S3Location
  s3Endpoint: string | undefined
  s3Region: string | undefined
  s3ForcePathStyle: boolean | undefined
  s3AccessKeyId: string | undefined
  s3SecretAccessKey: string | undefined
  /** Clients are sent to the storage instead of being served through Turnout. */
  s3Redirect: boolean
  s3InputBuckets: readonly string[] | undefined
  retentionDays: number | undefined
  linkExpiryMs: number
  maxPictureBytes: number
  maxVideoBytes: number
  /** Of one key. */
  uploadQuotaBytes: number
}

const KB = 1024
const GB = 1024 ** 3

export const STORAGE_OPTIONS: { readonly [Name in keyof StorageSettings]: Option<StorageSettings[Name]> } = {
  storage: {
    variable: 'TURNOUT_STORAGE',
    flag: 'storage',
    kind: storage,
    default: 'fs',
    description: 'Where artifacts are kept: fs, a directory in the data directory, or s3://bucket/prefix.',
  },
  s3Endpoint: {
    variable: 'TURNOUT_S3_ENDPOINT',
    flag: 's3-endpoint',
    kind: httpUrl,
    default: undefined,
    otherwise: 'the endpoint of AWS in the region',
    description: 'Address of an S3 service other than that of AWS.',
  },
  s3Region: {
    variable: 'TURNOUT_S3_REGION',
    flag: 's3-region',
    kind: text,
    default: undefined,
    otherwise: 'AWS_REGION, else us-east-1',
    description: 'Region of the bucket.',
  },
  s3ForcePathStyle: {
    variable: 'TURNOUT_S3_FORCE_PATH_STYLE',
    flag: 's3-force-path-style',
    kind: yesOrNo,
    default: undefined,
    otherwise: 'true where TURNOUT_S3_ENDPOINT is set, else false',
    description: 'Whether the bucket stands in the path of an address instead of its host.',
  },
  s3AccessKeyId: {
    variable: 'TURNOUT_S3_ACCESS_KEY_ID',
    flag: 's3-access-key-id',
    kind: text,
    default: undefined,
    otherwise: 'AWS_ACCESS_KEY_ID, else what the AWS SDK finds: a profile, a container, an instance',
    description: 'Access key of the bucket.',
  },
  s3SecretAccessKey: {
    variable: 'TURNOUT_S3_SECRET_ACCESS_KEY',
    flag: 's3-secret-access-key',
    kind: secret(8),
    default: undefined,
    otherwise: 'AWS_SECRET_ACCESS_KEY, else what the AWS SDK finds',
    description: 'Its secret. A flag can be seen by other users of the machine: prefer the variable.',
  },
  s3Redirect: {
    variable: 'TURNOUT_S3_REDIRECT',
    flag: 's3-redirect',
    kind: yesOrNo,
    default: 'false',
    description:
      'Whether clients are sent on to the bucket, by an address signed for minutes, instead of being served.',
  },
  s3InputBuckets: {
    variable: 'TURNOUT_S3_INPUT_BUCKETS',
    flag: 's3-input-buckets',
    kind: buckets,
    default: undefined,
    otherwise: 'requests may not name any',
    description: 'Buckets that requests may name as s3://bucket/key. They are read with the credential of the storage.',
  },
  retentionDays: {
    variable: 'TURNOUT_RETENTION_DAYS',
    flag: 'retention-days',
    kind: integer(1, 36_500),
    default: undefined,
    otherwise: 'artifacts are kept until somebody deletes them',
    description: 'Days that outputs and uploads are kept where their virtual key does not say otherwise.',
  },
  linkExpiryMs: {
    variable: 'TURNOUT_LINK_EXPIRY',
    flag: 'link-expiry',
    kind: seconds(10, 31_536_000),
    default: '3600',
    description: 'How long the signed address of an artifact works, in seconds.',
  },
  maxPictureBytes: {
    variable: 'TURNOUT_MAX_PICTURE',
    flag: 'max-picture',
    kind: size(KB, 4 * GB),
    default: '64mb',
    description: 'Largest picture that is stored, be it an output or an upload.',
  },
  maxVideoBytes: {
    variable: 'TURNOUT_MAX_VIDEO',
    flag: 'max-video',
    kind: size(KB, 64 * GB),
    default: '2gb',
    description: 'Largest video that is stored, be it an output or an upload.',
  },
  uploadQuotaBytes: {
    variable: 'TURNOUT_UPLOAD_QUOTA',
    flag: 'upload-quota',
    kind: size(KB, 1024 * 1024 * GB),
    default: '10gb',
    description: 'How much the uploads of one virtual key may take together.',
  },
}
