import type { Connection, TransportResponse } from '../../../core/adapter.ts'
import { TurnoutError } from '../../../core/error.ts'
import { type ErrorReader, errorReader, text } from '../failure.ts'
import { callAws, S3 } from './call.ts'
import { COMMON } from './errors.ts'

/** An object in S3: `s3://bucket/key`. */
export interface S3Object {
  bucket: string
  key: string
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** Undefined for what is no `s3://` address, or has a bucket that could not be one. */
export function parseS3(address: string | undefined): S3Object | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(address ?? '') ?? []
  return bucket !== undefined && key !== undefined && BUCKET.test(bucket) ? { bucket, key } : undefined
}

/** As S3 wants it signed: everything encoded once but slashes and the unreserved characters. */
const encodeKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/%2F/g, '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** A bucket with dots is no host name that Amazon's certificate covers, so its name goes into the path. */
function s3Base(bucket: string, region: string): string {
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`
}

/** @param endpoint Of a compatible store, with the bucket in the path; undefined: Amazon's own */
export function s3Url({ bucket, key }: S3Object, region: string | undefined, endpoint: string | undefined): string {
  const base = endpoint === undefined ? s3Base(bucket, region ?? 'us-east-1') : `${endpoint}/${bucket}`
  return `${base}/${encodeKey(key)}`
}

/** S3 speaks XML: `<Error><Code/><Message/></Error>`. */
export const s3Error: ErrorReader = errorReader((body) => {
  const word = text(/<Code>([^<]*)<\/Code>/.exec(body)?.[1])
  const message = text(/<Message>([^<]*)<\/Message>/.exec(body)?.[1])
  return {
    message: `S3: ${message ?? word ?? 'an error without an explanation'}`,
    code: word !== undefined && Object.hasOwn(COMMON, word) ? COMMON[word] : undefined,
    word,
    requestId: text(/<RequestId>([^<]*)<\/RequestId>/.exec(body)?.[1]),
  }
})

export const getObject = (url: string, headers: Record<string, string>, connection: Connection) =>
  callAws(S3, { method: 'GET', url, headers }, withoutExtras(connection), s3Error)

export const putObject = (url: string, contentType: string, body: string | Uint8Array, connection: Connection) =>
  callAws(
    S3,
    { method: 'PUT', url, headers: { 'content-type': contentType }, body },
    withoutExtras(connection),
    s3Error,
  )

/** Headers of the configuration are for the provider itself. */
const withoutExtras = (connection: Connection): Connection => ({ ...connection, headers: {} })

/**
 * An object, or undefined while there is none. Who may not list a bucket is
 * told 403 of a key that does not exist.
 *
 * @throws TurnoutError for every other failure
 */
export async function findObject(
  url: string,
  headers: Record<string, string>,
  connection: Connection,
): Promise<TransportResponse | undefined> {
  try {
    return await getObject(url, headers, connection)
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error
    const isAbsent =
      error.upstreamStatus === 404 || (error.upstreamStatus === 403 && error.upstreamCode === 'AccessDenied')
    if (isAbsent) return undefined
    throw error
  }
}
