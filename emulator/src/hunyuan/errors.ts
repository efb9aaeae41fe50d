import { randomUUID } from 'node:crypto'
import type { ApiError } from '../openai/errors.ts'
import { described, type Fact, Refusal } from '../refusal.ts'
import { dotted, wordsOf } from '../violation.ts'

/** An error of the signed API: always a 200. Source: Tencent Cloud API 3.0, response. */
export function signedError(code: string, message: string): Refusal {
  return new Refusal(200, message, { Response: { Error: { Code: code, Message: message }, RequestId: randomUUID() } })
}

/** An error of the endpoints that take a credential. */
export function bearerError(status: number, message: string, code: string): Refusal {
  const type = status < 500 ? 'invalid_request_error' : 'server_error'
  return new Refusal(status, message, { error: { message, type, param: null, code }, request_id: randomUUID() })
}

export const badCredential = (): Refusal => bearerError(401, 'Incorrect API key provided.', 'invalid_api_key')

export const reword = ({ status, detail }: ApiError): Refusal =>
  bearerError(status, detail.message, detail.code ?? 'invalid_parameter_error')

/** A violation as the signed API words it. */
export function refuseSigned(fact: Fact): Refusal {
  if (fact.kind !== 'violation') return signedError('InvalidParameter', described(fact).message)
  const name = dotted(fact.path)
  switch (fact.issue.is) {
    case 'unknown':
      return signedError('UnknownParameter', `The parameter \`${name}\` is not recognized.`)
    case 'missing':
      return signedError('MissingParameter', `The request is missing a required parameter \`${name}\`.`)
    case 'type':
      return signedError('InvalidParameter', `The parameter \`${name}\` must be ${fact.issue.expected}.`)
    default:
      return signedError('InvalidParameterValue', `The value of the parameter \`${name}\` is not allowed.`)
  }
}

const DEFAULTS: Readonly<Record<number, readonly [message: string, code: string]>> = {
  400: ['The request is invalid.', 'invalid_parameter_error'],
  401: ['Incorrect API key provided.', 'invalid_api_key'],
  403: ['The service is not activated.', 'FailedOperation.ServiceNotActivated'],
  404: ['The model does not exist.', 'model_not_found'],
  429: ['The request rate exceeds the limit.', 'RequestLimitExceeded'],
  500: ['Internal error.', 'InternalError'],
  503: ['The engine is at its limit.', 'FailedOperation.EngineServerLimitExceeded'],
}

export function statusError(status: number): Refusal | undefined {
  const known = DEFAULTS[status]
  return known && bearerError(status, ...known)
}

/** A fact as the endpoints with a credential word it. */
export function refuse(fact: Fact): Refusal {
  const { status, message } = described(fact)
  return bearerError(status, fact.kind === 'violation' ? wordsOf(fact) : message, 'invalid_parameter_error')
}
