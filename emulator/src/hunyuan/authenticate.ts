import type { Accepted, Knock } from '../double.ts'
import { headerOf, schemeCredential } from '../http/credentials.ts'
import { badCredential, signedError } from './errors.ts'
import { readSignature, type Signature, signatureMatches } from './signature.ts'

/** How far the clocks may be apart, in seconds. */
const MAX_SKEW = 300
const SERVICES = ['hunyuan', 'aiart']

function checkForm({ headers }: Knock, parts: Signature): void {
  const stamp = headerOf(headers, 'x-tc-timestamp') ?? ''
  const seconds = Number(stamp)
  if (!/^\d+$/.test(stamp))
    throw signedError('MissingParameter', 'The request is missing a required parameter `Timestamp`.')
  if (Math.abs(Date.now() / 1000 - seconds) > MAX_SKEW) {
    throw signedError(
      'AuthFailure.SignatureExpire',
      'The signature has expired: the timestamp is not within five minutes of now.',
    )
  }
  const wrong = (what: string): Error =>
    signedError('AuthFailure.SignatureFailure', `The provided credentials could not be validated: ${what}.`)
  if (new Date(seconds * 1000).toISOString().slice(0, 10) !== parts.day)
    throw wrong('the date is not that of the timestamp')
  if (!SERVICES.includes(parts.service)) throw wrong(`the service must be one of ${SERVICES.join(', ')}`)
  const unsigned = ['content-type', 'host'].find((name) => !parts.signedHeaders.includes(name))
  if (unsigned) throw wrong(`the header ${unsigned} must be signed`)
}

/** TC3: the form always, the signature itself where the secret is known. */
function checkSigned(knock: Knock, { credentials, awsSecret: secret }: Accepted): void {
  const parts = readSignature(knock.headers.authorization)
  if (!parts) {
    throw signedError(
      'AuthFailure.InvalidAuthorization',
      'The Authorization header is not a complete TC3-HMAC-SHA256 signature.',
    )
  }
  checkForm(knock, parts)
  if (credentials && !credentials.has(parts.secretId)) {
    throw signedError(
      'AuthFailure.SecretIdNotFound',
      'The SecretId is not found, please ensure that your SecretId is correct.',
    )
  }
  if (secret !== undefined && !signatureMatches(knock, parts, secret)) {
    throw signedError(
      'AuthFailure.SignatureFailure',
      'The provided credentials could not be validated. Please check your signature is correct.',
    )
  }
}

/**
 * Signed at the root, the bare credential at the image jobs, `Bearer` elsewhere.
 *
 * @throws Refusal
 */
export function authenticate(knock: Knock, accepted: Accepted): void {
  const path = knock.url.split('?')[0] ?? ''
  if (/^\/hunyuan\/?$/.test(path)) {
    checkSigned(knock, accepted)
    return
  }
  const bare = path.startsWith('/hunyuan/v1/aiart/')
  const given = bare ? knock.headers.authorization : schemeCredential(knock.headers, 'Bearer')
  if (!given || /^bearer /i.test(given) || (accepted.credentials && !accepted.credentials.has(given)))
    throw badCredential()
}
