import { freshId } from '../random.ts'
import { described, type Fact, Refusal } from '../refusal.ts'
import type { JsonObject } from '../types.ts'
import { dotted, type Violation } from '../violation.ts'

/** Types of errors by status. Source: Claude API reference, Errors. */
const TYPES: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['invalid_request_error', 'The request is invalid.'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', "There's an issue with your billing or payment information."],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'The requested resource could not be found.'],
  413: ['request_too_large', 'Request exceeds the maximum size'],
  429: ['rate_limit_error', "This request would exceed your organization's rate limit. Please try again later."],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'The request timed out while processing.'],
  529: ['overloaded_error', 'Overloaded'],
}

/** An answer other than 200. The request id in its body is also that of its header. */
export function anthropicError(status: number, message?: string): Refusal {
  const [type, standard] = TYPES[status] ?? (TYPES[status < 500 ? 400 : 500] as readonly [string, string])
  const text = message ?? standard
  const id = freshId('req_01', 22)
  return new Refusal(
    status,
    text,
    { type: 'error', error: { type, message: text }, request_id: id },
    { 'request-id': id },
  )
}

export function invalid(message: string): Refusal {
  return anthropicError(400, message)
}

const ARTICLES: Readonly<Record<string, string>> = {
  'a string': 'Input should be a valid string',
  'an integer': 'Input should be a valid integer',
  'a number': 'Input should be a valid number',
  'a boolean': 'Input should be a valid boolean',
  'a list': 'Input should be a valid list',
  'an object': 'Input should be an object',
}

function sentence({ issue, value }: Violation): string {
  switch (issue.is) {
    case 'unknown':
      return 'Extra inputs are not permitted'
    case 'missing':
      return 'Field required'
    case 'type':
      return ARTICLES[issue.expected] ?? 'Input has the wrong type'
    case 'value':
      return `Input should be ${issue.values.map((allowed) => `'${allowed}'`).join(' or ')}`
    case 'below':
      return `Input should be greater than or equal to ${issue.bound}`
    case 'above':
      return `Input should be less than or equal to ${issue.bound}`
    case 'pattern':
      return `String should match the expected pattern, got '${String(value)}'`
    case 'short':
      return typeof value === 'string'
        ? `String should have at least ${issue.bound} character`
        : `List should have at least ${issue.bound} item after validation`
    case 'long':
      return typeof value === 'string'
        ? `String should have at most ${issue.bound} characters`
        : `List should have at most ${issue.bound} items after validation`
    case 'union':
      return `Exactly one of ${issue.fields.join(', ')} is expected`
  }
}

/** The answer to a request that fails before its operation looks at it. */
export function refuse(fact: Fact): Refusal {
  if (fact.kind === 'violation') return invalid(`${dotted(fact.path)}: ${sentence(fact)}`)
  if (fact.kind === 'unknown-route') return anthropicError(404, 'Not Found')
  if (fact.kind === 'wrong-method') return anthropicError(405, 'Method Not Allowed')
  if (fact.kind === 'too-large') return anthropicError(413)
  return invalid(described(fact).message)
}

export function statusError(status: number): Refusal | undefined {
  return TYPES[status] && anthropicError(status)
}

export const STREAM_ERROR: JsonObject = { type: 'overloaded_error', message: 'Overloaded' }
