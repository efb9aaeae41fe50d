import type { ErrorCode } from '@turnout/contract'

/** Failures that every further call of the same request would meet as well. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'authentication',
  'permission',
  'model_not_found',
  'model_retired',
  'model_not_enabled',
  'capability_missing',
  'billing',
  'budget_exceeded',
  'canceled',
  'internal',
])

export const isHopeless = ({ code }: { code: ErrorCode }): boolean => HOPELESS.has(code)
