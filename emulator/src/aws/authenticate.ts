import type { Accepted, Knock } from '../double.ts'
import { headerOf, schemeCredential } from '../http/credentials.ts'
import type { Refusal } from '../refusal.ts'
import { bodyMatches, readSignature, type Signature, signatureMatches } from './signature.ts'

/** How a service says no: a code of AWS and a sentence. */
export type Say = (status: number, code: string, message: string) => Refusal

/** How far the clocks may be apart, in milliseconds. */
const MAX_SKEW_MS = 5 * 60_000

function instant(stamp: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp)
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`) : Number.NaN
}

function checkForm(knock: Knock, parts: Signature, service: string, say: Say): void {
  const incomplete = (message: string): Refusal => say(400, 'IncompleteSignatureException', message)
  const stamp = headerOf(knock.headers, 'x-amz-date') ?? ''
  const at = instant(stamp)
  if (Number.isNaN(at)) throw incomplete("Authorization header requires existence of a 'X-Amz-Date' header.")
  if (!stamp.startsWith(parts.day)) throw incomplete('Date in Credential scope does not match the date of the request.')
  if (Math.abs(Date.now() - at) > MAX_SKEW_MS) {
    throw say(403, 'InvalidSignatureException', `Signature expired: ${stamp} is not within five minutes of now.`)
  }
  if (parts.service !== service) {
    throw say(403, 'InvalidSignatureException', `Credential should be scoped to correct service: '${service}'.`)
  }
  const must = ['host', ...Object.keys(knock.headers).filter((name) => name.startsWith('x-amz-'))]
  const unsigned = must.find((name) => !parts.signedHeaders.includes(name))
  if (unsigned) throw incomplete(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`)
}

/**
 * Checks a request that AWS would have signed: form, service, time and body always, the
 * signature itself where the secret is known. `credentials` are access key ids.
 *
 * @throws Refusal
 */
export function checkSignature(knock: Knock, accepted: Accepted, service: string, say: Say): void {
  const { authorization } = knock.headers
  if (!authorization) throw say(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
  const parts = readSignature(authorization)
  if (!parts) {
    throw say(400, 'IncompleteSignatureException', 'Authorization header is not a complete AWS4-HMAC-SHA256 signature.')
  }
  checkForm(knock, parts, service, say)
  if (accepted.credentials && !accepted.credentials.has(parts.accessKeyId)) {
    throw say(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  const intact = bodyMatches(knock)
  if (intact && (accepted.awsSecret === undefined || signatureMatches(knock, parts, accepted.awsSecret))) return
  throw say(
    403,
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
}

/** A signature, or a bearer credential where the service takes one. */
export function checkSignatureOrBearer(knock: Knock, accepted: Accepted, service: string, say: Say): void {
  const bearer = schemeCredential(knock.headers, 'Bearer')
  if (!bearer) checkSignature(knock, accepted, service, say)
  else if (accepted.credentials && !accepted.credentials.has(bearer)) {
    throw say(403, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.')
  }
}
