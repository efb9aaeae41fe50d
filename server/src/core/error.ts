import type { ErrorCode, Usage } from '@turnout/contract'

interface ErrorKind {
  /** HTTP status that clients get. */
  status: number
  /** Whether the same request may succeed if it is simply sent again. */
  retryable: boolean
  /** `error.type` in OpenAI's error shape. */
  type: string
  /** One sentence for the reference: what it means and what to do. */
  meaning: string
}

/** The one table of all errors. The reference and the OpenAPI description are made from it. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorKind>> = {
  invalid_input: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The request is not valid; the message names the field and what is allowed.',
  },
  authentication: {
    status: 401,
    retryable: false,
    type: 'authentication_error',
    meaning: 'The virtual key is missing, wrong, expired or revoked, or the provider refused its credential.',
  },
  permission: {
    status: 403,
    retryable: false,
    type: 'permission_error',
    meaning: 'The role of the key, or the account at the provider, does not allow it.',
  },
  model_not_found: {
    status: 404,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'No model has that id; the message names the nearest ones.',
  },
  model_retired: {
    status: 410,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The provider no longer serves the model; the message names its replacement.',
  },
  model_not_enabled: {
    status: 403,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The model is known but cannot be used: disabled, no credential, or not enabled at the provider.',
  },
  capability_missing: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The model cannot do what the request asks for.',
  },
  content_policy: {
    status: 400,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The provider refused the prompt or withheld the result for its content.',
  },
  rate_limit: {
    status: 429,
    retryable: true,
    type: 'rate_limit_error',
    meaning: 'Too many requests, here or at the provider; Retry-After says when to come back.',
  },
  billing: {
    status: 402,
    retryable: false,
    type: 'insufficient_quota',
    meaning: 'The account at the provider has no credit or has reached its spending limit.',
  },
  overloaded: {
    status: 503,
    retryable: true,
    type: 'server_error',
    meaning: 'The provider, or Turnout itself, has no capacity or is not reachable at the moment.',
  },
  timeout: {
    status: 504,
    retryable: true,
    type: 'server_error',
    meaning: 'The provider did not answer within the limits of the request.',
  },
  connection: {
    status: 502,
    retryable: true,
    type: 'server_error',
    meaning: 'No connection to the provider, or it was lost before the answer began.',
  },
  upstream_error: {
    status: 502,
    retryable: true,
    type: 'server_error',
    meaning: 'The provider failed.',
  },
  invalid_output: {
    status: 502,
    retryable: true,
    type: 'server_error',
    meaning: 'The provider answered something that cannot be understood.',
  },
  validator_hard_fail: {
    status: 502,
    retryable: true,
    type: 'server_error',
    meaning: 'The answer did not pass the validation that the request or the pool asks for.',
  },
  stream_interrupted: {
    status: 502,
    retryable: false,
    type: 'server_error',
    meaning: 'The answer was cut after its first part had been sent; what was sent is incomplete.',
  },
  budget_exceeded: {
    status: 402,
    retryable: false,
    type: 'insufficient_quota',
    meaning: 'The budget of the key is spent.',
  },
  exhausted: {
    status: 502,
    retryable: false,
    type: 'server_error',
    meaning: 'Every deployment that could serve the request has failed.',
  },
  canceled: {
    status: 499,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'The client went away, or the work was canceled.',
  },
  unknown_outcome: {
    status: 502,
    retryable: false,
    type: 'server_error',
    meaning: 'The connection was lost after a paid request had been sent: it may have been carried out and billed.',
  },
  not_found: {
    status: 404,
    retryable: false,
    type: 'invalid_request_error',
    meaning: 'There is no such route or record.',
  },
  internal: {
    status: 500,
    retryable: false,
    type: 'server_error',
    meaning: 'Turnout itself failed; the request id finds the reason in its log.',
  },
}

export interface TurnoutErrorOptions {
  provider?: string
  /** The field of the request that is at fault, as a path such as `messages[0].role`. */
  param?: string
  /** How long to wait before another try, in milliseconds. */
  retryAfterMs?: number
  /** Overrides the status of the table, e.g. 413 or 415 for an `invalid_input`. */
  status?: number
  /** Overrides the retryability of the table, where the provider says so itself. */
  retryable?: boolean
  upstreamStatus?: number
  upstreamRequestId?: string
  /** The provider's own code, beside ours. */
  upstreamCode?: string
  /** False when it is certain that the provider has not seen the request. */
  delivered?: boolean
  /** What the provider has counted although nothing came of it: it is paid for. */
  usage?: Usage
  /**
   * What the failed attempt costs by the word of the provider, in nano-dollars:
   * 0 where it charges nothing for such an end, null where it may charge and
   * does not say how much. It wins over our price of the usage.
   */
  providerCost?: bigint | null
  details?: unknown
  cause?: unknown
}

/** The only error that crosses a wall inside Turnout. Its message is for clients and never holds a secret. */
export class TurnoutError extends Error {
  override readonly name = 'TurnoutError'
  readonly code: ErrorCode
  readonly status: number
  readonly retryable: boolean
  readonly provider: string | undefined
  readonly param: string | undefined
  readonly retryAfterMs: number | undefined
  readonly upstreamStatus: number | undefined
  readonly upstreamRequestId: string | undefined
  readonly upstreamCode: string | undefined
  readonly delivered: boolean
  readonly usage: Usage | undefined
  readonly providerCost: bigint | null | undefined
  readonly details: unknown

  constructor(code: ErrorCode, message: string, options: TurnoutErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? ERRORS[code].status
    this.retryable = options.retryable ?? ERRORS[code].retryable
    this.provider = options.provider
    this.param = options.param
    this.retryAfterMs = options.retryAfterMs
    this.upstreamStatus = options.upstreamStatus
    this.upstreamRequestId = options.upstreamRequestId
    this.upstreamCode = options.upstreamCode
    this.delivered = options.delivered ?? true
    this.usage = options.usage
    this.providerCost = options.providerCost
    this.details = options.details
  }

  /** The same failure with some of it told otherwise. */
  with(changes: TurnoutErrorOptions): TurnoutError {
    return new TurnoutError(this.code, this.message, { ...this, cause: this.cause, ...changes })
  }

  /** Whatever was thrown, as a TurnoutError; a stranger becomes `internal` and keeps its reason as `cause`. */
  static from(error: unknown): TurnoutError {
    if (error instanceof TurnoutError) return error
    return new TurnoutError('internal', 'An internal error occurred.', { cause: error })
  }
}

export interface OpenAIErrorBody {
  error: {
    message: string
    type: string
    param: string | null
    code: string
    provider?: string
    upstream_code?: string
    upstream_request_id?: string
    request_id: string
  }
}

/** The error in OpenAI's shape; the fields that OpenAI does not have come after its own. */
export function toOpenAIError(error: TurnoutError, requestId: string): OpenAIErrorBody {
  return {
    error: {
      message: error.message,
      type: ERRORS[error.code].type,
      param: error.param ?? null,
      code: error.code,
      provider: error.provider,
      upstream_code: error.upstreamCode,
      upstream_request_id: error.upstreamRequestId,
      request_id: requestId,
    },
  }
}
