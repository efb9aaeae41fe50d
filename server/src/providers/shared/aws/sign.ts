import { createHash, createHmac, type Hash, type Hmac, hash } from 'node:crypto'
import type { SignatureV4 } from '@smithy/signature-v4'
import type { AwsKeys } from './credentials.ts'

/** A request as it will be sent. */
export interface Signable {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array
}

/** For what a signature is valid. */
export interface Scope {
  /** The name that the service signs by, which is not always the one in its host. */
  service: string
  region: string
}

/** Node's own SHA-256, in the form that the signer wants; by WebCrypto a signature takes ten times as long. */
class NodeSha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

let signer: Promise<typeof SignatureV4> | undefined

/** Every path but S3's is encoded once more before it is signed. */
const isObjectStore = ({ service }: Scope): boolean => service === 's3'

/**
 * The headers of a request with its signature (AWS Signature Version 4). Host,
 * content type, every `x-amz-*` and every other header given is signed, so
 * none of them may be changed afterwards.
 *
 * @param now Overrides the clock, for known vectors
 */
export async function signed(
  { method, url, headers, body }: Signable,
  credentials: AwsKeys,
  scope: Scope,
  now?: Date,
): Promise<Record<string, string>> {
  signer ??= import('@smithy/signature-v4').then(({ SignatureV4: Signer }) => Signer)
  const Signer = await signer
  const { protocol, host, hostname, pathname, search, searchParams } = new URL(url)
  const request = {
    method,
    protocol,
    hostname,
    path: pathname,
    query: search === '' ? {} : queryOf(searchParams),
    headers: { ...headers, host, 'x-amz-content-sha256': hash('sha256', body ?? '') },
    body,
  }
  const signing = new Signer({
    credentials,
    ...scope,
    sha256: NodeSha256,
    uriEscapePath: !isObjectStore(scope),
  })
  const { host: _, ...own } = (await signing.sign(request, now && { signingDate: now })).headers
  return own
}

function queryOf(parameters: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name)
    query[name] = values.length === 1 ? values[0]! : values
  }
  return query
}
