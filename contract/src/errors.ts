import { z } from 'zod'

/**
 * Every way in which a request can fail, as clients see it.
 * `server/src/core/error.ts` holds the one table that maps each code to its
 * HTTP status, its retryability and its documentation.
 */
export const ERROR_CODES = [
  'invalid_input',
  'authentication',
  'permission',
  'model_not_found',
  'model_retired',
  'model_not_enabled',
  'capability_missing',
  'content_policy',
  'rate_limit',
  'billing',
  'overloaded',
  'timeout',
  'connection',
  'upstream_error',
  'invalid_output',
  'validator_hard_fail',
  'stream_interrupted',
  'budget_exceeded',
  'exhausted',
  'canceled',
  'unknown_outcome',
  'not_found',
  'internal',
] as const

export const ErrorCode = z.enum(ERROR_CODES)
export type ErrorCode = z.infer<typeof ErrorCode>
