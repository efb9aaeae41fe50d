import { type Detail, detailOf } from '../media/pydantic.ts'
import { described, type Fact, Refusal } from '../refusal.ts'

export function bflError(status: number, detail: string | readonly Detail[]): Refusal {
  return new Refusal(status, typeof detail === 'string' ? detail : 'Validation error', { detail })
}

export const invalid = (...details: Detail[]): Refusal => bflError(422, details)

const DEFAULTS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  402: 'Insufficient credits. Please add credits to your account.',
  403: 'Not authenticated',
  404: 'Not Found',
  422: 'Unprocessable entity',
  429: 'Too many active tasks. The limit is 24.',
  500: 'Internal Server Error',
  503: 'Service is at capacity. Please try again later.',
}

export function statusError(status: number): Refusal | undefined {
  const detail = DEFAULTS[status]
  return detail === undefined ? undefined : bflError(status, detail)
}

export function refuse(fact: Fact): Refusal {
  switch (fact.kind) {
    case 'violation':
      return invalid(detailOf(fact))
    case 'unknown-route':
      return bflError(404, 'Not Found')
    case 'wrong-method':
      return bflError(405, 'Method Not Allowed')
    case 'not-json':
      return invalid({ loc: ['body', 0], input: {}, type: 'json_invalid', msg: 'JSON decode error' })
    case 'not-an-object':
    case 'content-type':
      return invalid({
        loc: ['body'],
        input: null,
        type: 'model_attributes_type',
        msg: 'Input should be a valid dictionary or object to extract fields from',
      })
    default:
      return bflError(described(fact).status, described(fact).message)
  }
}
