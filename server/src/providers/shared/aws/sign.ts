import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { memoised } from '../../../lib/memoised.ts'
import type { AwsKeys } from './credentials.ts'

/** A request as it will be sent. */
export interface Signable {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  /** Each name in one spelling. */
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array
}

/** For what a signature is valid. */
export interface Scope {
  /** The name that the service signs by, which is not always the one in its host. */
  service: string
  region: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Made anew for every signature. */
const REPLACED: ReadonlySet<string> = new Set(['authorization', 'date', 'host', 'x-amz-content-sha256', 'x-amz-date'])
/** What stations on the way may change, so that AWS's own clients sign none of it either. */
const UNSIGNED =
  /^(?:cache-control|connection|expect|from|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amzn-trace-id|(?:proxy|sec)-.*)$/

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const keys = new Map<string, KeyObject>()
const MOST_KEYS = 100

/**
 * The key that signs for a day, which is kept because it takes four times the
 * work of a signature; as an object of its own, because making one of bytes
 * anew takes even more.
 */
function keyOf(secret: string, day: string, { region, service }: Scope): KeyObject {
  const id = `${day}\n${region}\n${service}\n${secret}`
  const known = keys.get(id)
  if (known) return known
  const key = createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request'))
  if (keys.size === MOST_KEYS) keys.clear()
  keys.set(id, key)
  return key
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** Every path but S3's is freed of empty segments and encoded once more before it is signed. */
const encodedAgain = (path: string): string => encode(path.replace(/\/{2,}/g, '/')).replaceAll('%2F', '/')

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const canonicalQuery = (search: string): string =>
  Array.from(new URLSearchParams(search), ([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map((pair) => pair.join('='))
    .join('&')

interface Place {
  host: string
  /** Path and query, each a line, as they are signed. */
  canonical: string
}

function placeOf(url: string, canonicalPath: (path: string) => string): Place {
  const { host, pathname, search } = new URL(url)
  return { host, canonical: `${canonicalPath(pathname)}\n${search === '' ? '' : canonicalQuery(search)}` }
}

/** Models and endpoints are few, and are called again and again. */
const knownPlace = memoised((url) => placeOf(url, encodedAgain))
/** Objects are many. */
const objectPlace = (url: string): Place => placeOf(url, (path) => path)

/**
 * The headers of a request with its signature (AWS Signature Version 4). Host,
 * content type, every `x-amz-*` and every other header given is signed, so
 * none of them may be changed afterwards; but for those that belong to a
 * connection rather than to a request.
 * Its tests hold it to recorded vectors and to the signer of the AWS SDK.
 *
 * @param now Overrides the clock, for known vectors
 */
export function signed(
  { method, url, headers, body = '' }: Signable,
  { accessKeyId, secretAccessKey, sessionToken }: AwsKeys,
  scope: Scope,
  now: Date = new Date(),
): Record<string, string> {
  const { host, canonical: place } = scope.service === 's3' ? objectPlace(url) : knownPlace(url)
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const digest = hash('sha256', body)
  const own: Record<string, string> = {}
  for (const name in headers) {
    const lower = name.toLowerCase()
    if (!REPLACED.has(lower)) own[lower] = headers[name]!
  }
  own['x-amz-date'] = time
  own['x-amz-content-sha256'] = digest
  if (sessionToken) own['x-amz-security-token'] = sessionToken
  const names = Object.keys(own).filter((name) => !UNSIGNED.test(name))
  names.push('host')
  names.sort()
  let lines = ''
  for (const name of names) {
    const value = name === 'host' ? host : own[name]!
    lines += `${name}:${value.trim().replace(/\s+/g, ' ')}\n`
  }
  const signedNames = names.join(';')
  const canonical = `${method}\n${place}\n${lines}\n${signedNames}\n${digest}`
  const within = `${day}/${scope.region}/${scope.service}/aws4_request`
  const signature = createHmac('sha256', keyOf(secretAccessKey, day, scope))
    .update(`${ALGORITHM}\n${time}\n${within}\n${hash('sha256', canonical)}`)
    .digest('hex')
  own.authorization = `${ALGORITHM} Credential=${accessKeyId}/${within}, SignedHeaders=${signedNames}, Signature=${signature}`
  return own
}
