import type { ErrorCode, FallbackTrigger } from '@turnout/contract'
import type { TurnoutError } from '../error.ts'
import { validationTrigger } from '../validation/failure.ts'

/** Which trigger an error of a provider is. Codes that are missing are the caller's own or final. */
const TRIGGERS: Readonly<Partial<Record<ErrorCode, FallbackTrigger>>> = {
  timeout: 'timeout',
  connection: 'connection',
  rate_limit: 'rate_limit',
  overloaded: 'overloaded',
  upstream_error: 'upstream_error',
  authentication: 'permission',
  permission: 'permission',
  model_not_enabled: 'permission',
  model_not_found: 'permission',
  model_retired: 'permission',
  billing: 'billing',
  content_policy: 'content_policy',
  invalid_output: 'invalid_output',
}

/** In how many words providers say that a conversation is too long for the model. */
const TOO_LONG =
  /context[\s_-]?(?:length|window|size|limit)|maximum context|too many (?:input )?tokens|prompt is too long|input (?:is )?too long|(?:exceeds?|over|longer than) the (?:maximum |max )?(?:number of )?(?:input )?(?:tokens|context)/i

/** Whether a refusal says that the conversation is longer than the model's context. */
export const isContextWindow = ({ code, message, upstreamCode = '' }: TurnoutError): boolean =>
  code === 'invalid_input' && (TOO_LONG.test(upstreamCode) || TOO_LONG.test(message))

/** The trigger that a failure is; undefined for one that no other deployment can make good. */
export function triggerOf(error: TurnoutError): FallbackTrigger | undefined {
  if (error.code === 'validator_hard_fail') return validationTrigger(error)
  return isContextWindow(error) ? 'context_window' : TRIGGERS[error.code]
}

/**
 * Whether a failure of something paid for on acceptance leaves it certain that
 * nothing was made: it never arrived, or the provider refused it or said that
 * it failed. What may have been made is not ordered again elsewhere.
 */
export const isSurelyUnmade = ({ code, delivered }: TurnoutError): boolean =>
  !delivered || (code !== 'unknown_outcome' && code !== 'invalid_output' && code !== 'timeout' && code !== 'connection')
