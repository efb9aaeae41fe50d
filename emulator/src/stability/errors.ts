import { randomBytes } from 'node:crypto'
import { described, type Fact, Refusal } from '../refusal.ts'
import { bracketed } from '../violation.ts'

/** An error of the REST API. Source: Stability AI REST API v2beta, responses. */
export function stabilityError(status: number, name: string, ...errors: string[]): Refusal {
  return new Refusal(status, errors.join(' '), { id: randomBytes(16).toString('hex'), name, errors })
}

export const invalid = (...errors: string[]): Refusal => stabilityError(400, 'bad_request', ...errors)

/** What the moderation of prompts answers. */
export function moderated(): Refusal {
  const words =
    'Your request was flagged by our content moderation system, as a result your request was denied and you were not charged.'
  return stabilityError(403, 'content_moderation', words)
}

const DEFAULTS: Readonly<Record<number, readonly [name: string, message: string]>> = {
  400: ['bad_request', 'some-field: is required'],
  401: ['unauthorized', 'authorization: invalid or missing header value'],
  402: ['payment_required', 'You lack sufficient credits to make this request. Purchase more credits and try again.'],
  403: ['permission_denied', 'You do not have permission to use this service.'],
  404: ['not_found', 'The requested resource was not found.'],
  413: ['payload_too_large', 'body: payload cannot be larger than 10MiB in size'],
  422: ['invalid_language', 'English is the only supported language for this service.'],
  429: ['rate_limit_exceeded', 'You have exceeded the rate limit of 150 requests within a 10 second period.'],
  500: ['internal_error', 'An unexpected server error has occurred, please try again later.'],
}

export function statusError(status: number): Refusal | undefined {
  const known = DEFAULTS[status]
  return known && stabilityError(status, known[0], known[1])
}

export function refuse(fact: Fact): Refusal {
  const { status, message } = described(fact)
  switch (fact.kind) {
    case 'content-type':
      return invalid('content-type: must be multipart/form-data')
    case 'not-a-form':
      return invalid('body: must be a valid multipart form')
    case 'too-large':
      return stabilityError(413, 'payload_too_large', 'body: payload cannot be larger than 10MiB in size')
    case 'unknown-route':
    case 'wrong-method':
      return stabilityError(status, status === 404 ? 'not_found' : 'method_not_allowed', message)
    case 'violation': {
      const at = bracketed(fact.path)
      const { issue } = fact
      if (issue.is === 'missing') return invalid(`${at}: is required`)
      if (issue.is === 'value') return invalid(`${at}: must be one of ${issue.values.join(', ')}`)
      if (issue.is === 'unknown') return invalid(`${at}: is not an expected field`)
      if (issue.is === 'below') return invalid(`${at}: must be greater than or equal to ${issue.bound}`)
      if (issue.is === 'above') return invalid(`${at}: must be less than or equal to ${issue.bound}`)
      if (issue.is === 'short') return invalid(`${at}: must be at least ${issue.bound} characters long`)
      if (issue.is === 'long') return invalid(`${at}: cannot be longer than ${issue.bound} characters`)
      return invalid(`${at}: ${issue.is === 'type' ? `must be ${issue.expected}` : 'is invalid'}`)
    }
    default:
      return invalid(message)
  }
}
