import { randomUUID } from 'node:crypto'
import type { ApiError } from '../openai/errors.ts'
import { described, type Fact, Refusal } from '../refusal.ts'
import { dotted } from '../violation.ts'

/** An error of the native API. Source: Model Studio documentation, error codes. */
export function nativeError(status: number, code: string, message: string): Refusal {
  return new Refusal(status, message, { code, message, request_id: randomUUID() })
}

export const invalid = (message: string): Refusal => nativeError(400, 'InvalidParameter', message)

/** An error of the compatible mode. */
export function compatibleError(status: number, error: object): Refusal {
  return new Refusal(status, '', { error: { param: null, ...error }, request_id: randomUUID() })
}

export const reword = ({ status, detail }: ApiError): Refusal => compatibleError(status, detail)

/** What moderation says, in an answer or in a task. */
export const INSPECTION = {
  code: 'DataInspectionFailed',
  message: 'Output data may contain inappropriate content.',
} as const

const DEFAULTS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['InvalidParameter', 'The request is invalid.'],
  401: ['InvalidApiKey', 'Invalid API-key provided.'],
  403: ['Model.AccessDenied', 'Model access denied.'],
  404: ['ModelNotFound', 'The model emulated does not exist.'],
  429: ['Throttling.RateQuota', 'Requests rate limit exceeded, please try again later.'],
  500: ['InternalError', 'An internal error has occurred, please try again later or contact service support.'],
  503: ['ModelServingError', 'Too many requests. Your requests are being throttled due to system capacity limits.'],
}

export function statusError(status: number): Refusal | undefined {
  const known = DEFAULTS[status]
  return known && nativeError(status, ...known)
}

export function refuse(fact: Fact): Refusal {
  const { status, message } = described(fact)
  if (fact.kind !== 'violation') return nativeError(status, status === 404 ? 'NotFound' : 'InvalidParameter', message)
  const at = dotted(fact.path)
  const { issue } = fact
  switch (issue.is) {
    case 'missing':
      return invalid(`Field required: ${at}`)
    case 'unknown':
      return invalid(`Unknown parameter: ${at}`)
    case 'type':
      return invalid(`${at} must be ${issue.expected}`)
    case 'value':
      return invalid(`${at} must be one of ${issue.values.join(', ')}`)
    default:
      return invalid(`${at} is out of range or malformed`)
  }
}
