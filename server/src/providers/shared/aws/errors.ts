import type { ErrorCode } from '@turnout/contract'
import { isObject } from '../../../lib/objects.ts'
import { parseJson, readPlain, type Said, text } from '../failure.ts'

type Headers = Readonly<Record<string, string>>

/**
 * Errors that every AWS service has, less their endings `Exception` and `Error`.
 * Source: AWS, common errors of the query and REST APIs, read November 2026.
 */
export const COMMON: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: 'permission',
  NotAuthorized: 'permission',
  OptInRequired: 'permission',
  ExpiredToken: 'authentication',
  IncompleteSignature: 'authentication',
  InvalidAccessKeyId: 'authentication',
  InvalidClientTokenId: 'authentication',
  InvalidSignature: 'authentication',
  InvalidToken: 'authentication',
  MissingAuthenticationToken: 'authentication',
  RequestExpired: 'authentication',
  RequestTimeTooSkewed: 'authentication',
  SignatureDoesNotMatch: 'authentication',
  UnrecognizedClient: 'authentication',
  InvalidAction: 'invalid_input',
  MalformedQueryString: 'invalid_input',
  Serialization: 'invalid_input',
  Validation: 'invalid_input',
  InternalDependency: 'upstream_error',
  InternalFailure: 'upstream_error',
  InternalServer: 'upstream_error',
  RequestLimitExceeded: 'rate_limit',
  SlowDown: 'rate_limit',
  Throttling: 'rate_limit',
  ThrottledRequest: 'rate_limit',
  TooManyRequests: 'rate_limit',
  RequestTimeout: 'timeout',
  ServiceUnavailable: 'overloaded',
}

/** What an AWS service says of a failure. */
export interface AwsFailure {
  /** As it came, without namespace and without the address of a description. */
  word: string | undefined
  /** The word without its ending, and with a capital letter. */
  name: string
  message: string
  body: Readonly<Record<string, unknown>>
}

/** `com.amazon.coral.service#AccessDeniedException:http://internal…` is an `AccessDeniedException`. */
const bareWord = (word: string | undefined): string | undefined => word?.split(':', 1)[0]?.split('#').at(-1)?.trim()

const nameOf = (word: string): string =>
  word.charAt(0).toUpperCase() + word.slice(1).replace(/(?<=.)(Exception|Error)$/, '')

/** The type from header or body, the message in either spelling. Source: Smithy, AWS restJson1, error shapes. */
export function readAwsFailure(body: string, headers: Headers): AwsFailure {
  const value = parseJson(body)
  const fields = isObject(value) ? value : {}
  const word = bareWord(headers['x-amzn-errortype'] ?? text(fields.__type) ?? text(fields.code))
  const message = text(fields.message) ?? text(fields.Message) ?? (value === undefined ? readPlain(body) : '')
  return { word, name: nameOf(word ?? ''), message: message || (word ?? ''), body: fields }
}

/** The failure as it is told, with what its name means everywhere unless `code` says better. */
export const said = ({ word, name, message }: AwsFailure, code?: ErrorCode, hint = ''): Said => ({
  message: hint === '' ? message : `${message} (${hint})`,
  code: code ?? (Object.hasOwn(COMMON, name) ? COMMON[name] : undefined),
  word,
})
