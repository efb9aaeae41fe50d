import { described, type Fact, Refusal } from '../refusal.ts'
import type { JsonObject } from '../types.ts'
import { bracketed, type Violation } from '../violation.ts'

/** Words by status. Source: google.rpc.Code and its mapping to HTTP; Gemini API troubleshooting guide. */
const STATUSES: Readonly<Record<number, readonly [status: string, message: string]>> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  409: ['ABORTED', 'The operation was aborted.'],
  429: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: [
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  ],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
}

const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`

const DETAILS: Readonly<Record<number, readonly JsonObject[]>> = {
  429: [
    {
      '@type': type('QuotaFailure'),
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
          quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
        },
      ],
    },
    { '@type': type('RetryInfo'), retryDelay: '34.4s' },
  ],
}

export function googleError(status: number, message?: string, details?: readonly JsonObject[]): Refusal {
  const [name, standard] = STATUSES[status] ?? (STATUSES[status < 500 ? 400 : 500] as readonly [string, string])
  const error = { code: status, message: message ?? standard, status: name, ...(details ? { details } : {}) }
  return new Refusal(status, error.message, { error })
}

export function invalid(message: string): Refusal {
  return googleError(400, message)
}

/** A 400 about one field, which `details` name once more. */
function badField(path: string, description: string): Refusal {
  const fieldViolations = [{ ...(path === '' ? {} : { field: path }), description }]
  return googleError(400, description, [{ '@type': type('BadRequest'), fieldViolations }])
}

export function badKey(): Refusal {
  const info = (reason: string, domain: string): JsonObject => ({
    '@type': type('ErrorInfo'),
    reason,
    domain,
    metadata: { service: 'generativelanguage.googleapis.com' },
  })
  return googleError(400, 'API key not valid. Please pass a valid API key.', [
    info('API_KEY_INVALID', 'googleapis.com'),
  ])
}

export function missingKey(): Refusal {
  return googleError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  )
}

export function modelNotFound(model: string, method: string): Refusal {
  return googleError(
    404,
    `models/${model} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  )
}

/** `generationConfig` as protocol buffers name it. */
const snake = (path: string): string => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function violation({ path, issue, value }: Violation): Refusal {
  const at = snake(bracketed(path))
  const parent = snake(bracketed(path.slice(0, -1)))
  switch (issue.is) {
    case 'unknown': {
      const where = parent === '' ? '' : ` at '${parent}'`
      return badField(
        parent,
        `Invalid JSON payload received. Unknown name "${path.at(-1)}"${where}: Cannot find field.`,
      )
    }
    case 'type':
      return badField(at, `Invalid value at '${at}' (expected ${issue.expected}), ${JSON.stringify(value)}`)
    case 'value':
      return badField(at, `Invalid value at '${at}' (enum), ${JSON.stringify(value)}`)
    case 'missing':
      return invalid(`* ${at}: must be specified\n`)
    case 'below':
    case 'above':
      return invalid(`* ${at}: ${String(value)} is out of the supported range\n`)
    case 'short':
    case 'long':
    case 'pattern':
      return invalid(`* ${at}: the value is invalid\n`)
    case 'union':
      return invalid(`* ${at}: required oneof field 'data' must have one initialized field\n`)
  }
}

/** The answer to a request that fails before its operation looks at it. */
export function refuse(fact: Fact): Refusal {
  switch (fact.kind) {
    case 'violation':
      return violation(fact)
    case 'unknown-route':
    case 'wrong-method':
      // What answers here is Google's front end, not the API.
      return new Refusal(404, 'Not Found', `<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>`)
    case 'not-json':
    case 'not-an-object':
      return googleError(400, 'Invalid JSON payload received. Unexpected token.')
    default:
      return googleError(400, described(fact).message)
  }
}

export function statusError(status: number): Refusal | undefined {
  return STATUSES[status] && googleError(status, undefined, DETAILS[status])
}
