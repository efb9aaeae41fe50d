import { described, type Fact, Refusal } from '../refusal.ts'
import { wordsOf } from '../violation.ts'

export function recraftError(status: number, code: string, message: string): Refusal {
  return new Refusal(status, message, { code, message })
}

export const invalid = (message: string): Refusal => recraftError(400, 'invalid_request_parameter', message)

/** The API's gate speaks plain text. */
export const unauthorized = (): Refusal => new Refusal(401, 'request unauthorized', 'request unauthorized')

/** The code is not documented; the words are. */
export function moderated(): Refusal {
  return recraftError(400, 'prompt_moderated', 'The prompt was rejected by the content moderation.')
}

const DEFAULTS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['invalid_request_parameter', 'invalid request parameter'],
  402: ['not_enough_credits', 'not enough credits'],
  403: ['forbidden', 'forbidden'],
  422: ['invalid_request_parameter', 'the request cannot be processed'],
  429: ['rate_limit_exceeded', 'too many requests'],
  500: ['internal_error', 'internal error'],
  503: ['service_unavailable', 'the service is overloaded'],
}

export function statusError(status: number): Refusal | undefined {
  if (status === 401) return unauthorized()
  const known = DEFAULTS[status]
  return known && recraftError(status, known[0], known[1])
}

export function refuse(fact: Fact): Refusal {
  const { status, message } = described(fact)
  switch (fact.kind) {
    case 'unknown-route':
      return new Refusal(404, message, '404 page not found')
    case 'wrong-method':
      return new Refusal(405, message, 'method not allowed')
    case 'violation':
      return invalid(wordsOf(fact))
    default:
      return recraftError(status, 'invalid_request_parameter', message)
  }
}
