import { described, type Fact, Refusal } from '../refusal.ts'

export interface ErrorDetail {
  message: string
  type: string
  param: string | null
  code: string | null
}

/** An answer other than 200, in the shape of OpenAI's `Error` schema. */
export class ApiError extends Refusal {
  override readonly name = 'ApiError'
  readonly detail: ErrorDetail

  constructor(status: number, detail: Partial<ErrorDetail> & { message: string }) {
    const whole = { type: 'invalid_request_error', param: null, code: null, ...detail }
    super(status, detail.message, { error: whole })
    this.detail = whole
  }
}

/** A 400 about one field. */
export function badRequest(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError(400, { message, param, code })
}

/** The 404 of a model that does not exist, or no longer exists: the API does not tell the two apart. */
export function modelNotFound(model: string): ApiError {
  return new ApiError(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  })
}

/** A credential as the API repeats it: its first and last characters, the rest starred out. */
function masked(credential: string): string {
  if (credential.length <= 12) return `${credential.slice(0, 2)}${'*'.repeat(Math.max(credential.length - 2, 4))}`
  return `${credential.slice(0, 8)}${'*'.repeat(Math.min(credential.length - 12, 32))}${credential.slice(-4)}`
}

export function missingCredential(): ApiError {
  return new ApiError(401, {
    message: 'You did not provide a credential. Send it in the Authorization header as Bearer authentication.',
  })
}

export function badCredential(credential: string): ApiError {
  return new ApiError(401, { message: `Incorrect API key provided: ${masked(credential)}.`, code: 'invalid_api_key' })
}

const DEFAULTS: Record<number, Partial<ErrorDetail> & { message: string }> = {
  400: { message: 'The request is invalid.' },
  401: { message: 'Incorrect API key provided: sk-emula****************ated.', code: 'invalid_api_key' },
  403: {
    message: 'Country, region, or territory not supported',
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
  },
  404: { message: 'The model `emulated` does not exist or you do not have access to it.', code: 'model_not_found' },
  408: { message: 'The request timed out.', type: 'timeout' },
  409: { message: 'The resource was changed by another request.' },
  413: { message: 'Maximum content size limit exceeded.' },
  422: { message: 'The request could not be processed.' },
  429: {
    message: 'Rate limit reached on requests per min (RPM): Limit 10000, Used 10000, Requested 1. Try again in 6ms.',
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
  },
  500: { message: 'The server had an error while processing your request.', type: 'server_error' },
  503: {
    message: 'The server is currently overloaded. Try again later.',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
  },
}

/** The error that a fault without a body answers with; undefined for a status that a proxy in front would produce. */
export function defaultError(status: number): ApiError | undefined {
  const detail = DEFAULTS[status]
  return detail && new ApiError(status, detail)
}

/** The answer to a request that fails before its operation. */
export function refuse(fact: Fact): ApiError {
  const { status, message } = described(fact)
  switch (fact.kind) {
    case 'wrong-method':
      return new ApiError(status, { message, code: 'method_not_supported' })
    case 'content-type':
      return badRequest(message, null, 'unsupported_content_type')
    case 'not-json':
      return badRequest('We could not parse the JSON body of your request. The API expects a JSON payload.')
    case 'not-an-object':
      return badRequest('We expected the JSON body of your request to be an object.')
    case 'not-a-form':
      return badRequest('Could not parse multipart form')
    default:
      return new ApiError(status, { message })
  }
}
