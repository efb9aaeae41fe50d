import { type Detail, detailOf } from '../media/pydantic.ts'
import { described, type Fact, Refusal } from '../refusal.ts'

/** An error of the platform; some name their kind in the body and in a header. */
export function platformError(status: number, detail: string, type?: string): Refusal {
  const named = type === undefined ? {} : { error_type: type }
  const headers: Record<string, string> = type === undefined ? {} : { 'x-fal-error-type': type }
  return new Refusal(status, detail, { detail, ...named }, headers)
}

const HELP = 'https://docs.fal.ai/errors'

/** An error of a model. Source: fal documentation, model errors. */
export function modelError(...details: Detail[]): Refusal {
  const detail = details.map((one) => ({ ...one, url: `${HELP}#${one.type}` }))
  return new Refusal(422, details[0]?.msg ?? '', { detail }, { 'x-fal-retryable': 'false' })
}

export function moderated(prompt: string): Refusal {
  return modelError({
    loc: ['body', 'prompt'],
    msg: 'The content could not be processed because it contained material flagged by a content checker.',
    type: 'content_policy_violation',
    input: prompt,
  })
}

const DEFAULTS: Readonly<Record<number, readonly [detail: string, type?: string]>> = {
  400: ['Bad request', 'bad_request'],
  401: ['Cannot access application. Authentication is required to access this application.'],
  403: ['User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.'],
  404: ['Application "emulated" not found'],
  422: ['Unprocessable Entity'],
  429: ['Too many concurrent requests. Please try again later.'],
  500: ['Internal server error', 'internal_error'],
  502: ['The runner sent an incomplete response', 'runner_incomplete_response'],
  503: ['No runner is available', 'runner_scheduling_failure'],
  504: ['The request timed out', 'request_timeout'],
}

export function statusError(status: number): Refusal | undefined {
  const known = DEFAULTS[status]
  return known && platformError(status, ...known)
}

export function refuse(fact: Fact): Refusal {
  switch (fact.kind) {
    case 'violation':
      return modelError(detailOf(fact))
    case 'wrong-method':
      return platformError(405, 'Method Not Allowed')
    case 'unknown-route':
      return platformError(404, 'Not Found')
    case 'not-json':
    case 'not-an-object':
    case 'content-type':
      return modelError({ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid', input: null })
    default:
      return platformError(described(fact).status, described(fact).message)
  }
}
