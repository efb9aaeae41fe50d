/** Turnout as a library: the public API of the package. */
export type {
  Attempt,
  Capabilities,
  Configuration,
  ErrorCode,
  FinishReason,
  Flags,
  Limits,
  Modality,
  Model,
  RetryPolicy,
  Timeouts,
  Usage,
} from '@turnout/contract'
export { TurnoutError } from '../core/error.ts'
export type { Effort, JsonSchema, OutputFormat, ToolChoice } from '../core/text.ts'
export { createTurnout } from './turnout.ts'
export type * from './types.ts'
