import type { FallbackTrigger, ValidationRule } from '@turnout/contract'
import { TurnoutError } from '../error.ts'
import type { Finding } from './rules.ts'

/** What the details of an error say of a validation. */
interface Judged {
  failures: readonly Finding[]
}

const TRIGGERS: Readonly<Record<ValidationRule, FallbackTrigger>> = {
  empty: 'empty_output',
  structure: 'invalid_structure',
  field: 'missing_field',
  length: 'validator_hard_fail',
  pattern: 'validator_hard_fail',
  validator: 'validator_hard_fail',
}

/** What a client is told of findings: a sentence each would be too much of it. */
const LONGEST_MESSAGE = 1_000

const joined = (findings: readonly Finding[]): string => {
  const text = findings.map(({ reason }) => reason).join('; ')
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text
}

/**
 * An answer that did not pass. It has the code `validator_hard_fail` whatever
 * it fails by: the provider is well, so that it must not be set aside because
 * somebody asks for what no answer fulfils.
 */
export function notPassed(findings: readonly Finding[], provider: string, upstreamRequestId?: string): TurnoutError {
  return new TurnoutError('validator_hard_fail', `The answer of ${provider} ${joined(findings)}.`, {
    provider,
    upstreamRequestId,
    details: { validation: { failures: findings } satisfies Judged },
  })
}

/** An answer that says nothing, where another deployment may say more. */
export const saidNothing = (provider: string, upstreamRequestId?: string): TurnoutError =>
  notPassed([{ rule: 'empty', reason: 'is empty' }], provider, upstreamRequestId)

/**
 * An answer that nobody could judge. Another answer would not be judged
 * either, so that none is paid for.
 */
export const notJudged = (cause: TurnoutError, provider: string, upstreamRequestId?: string): TurnoutError =>
  new TurnoutError('validator_hard_fail', `The answer of ${provider} could not be validated: ${cause.message}`, {
    provider,
    upstreamRequestId,
    retryable: false,
    details: { validation: { failures: [] } satisfies Judged },
    cause,
  })

function judgedOf({ details }: TurnoutError): Judged | undefined {
  if (typeof details !== 'object' || details === null || !('validation' in details)) return undefined
  return details.validation as Judged
}

/** The trigger that a failed validation is: by the first rule that was broken, and none where nobody could judge. */
export function validationTrigger(error: TurnoutError): FallbackTrigger | undefined {
  const judged = judgedOf(error)
  if (judged === undefined) return 'validator_hard_fail'
  const [first] = judged.failures
  return first && TRIGGERS[first.rule]
}

/** Why an answer did not pass, for the list of what was tried. */
export const reasonsOf = (error: TurnoutError): string[] | undefined =>
  judgedOf(error)?.failures.map(({ reason }) => reason)

/** What was withheld or refused has not been judged, and is nothing that could pass. */
export const withheld = (provider: string, upstreamRequestId?: string): TurnoutError =>
  new TurnoutError('content_policy', `${provider} refused to answer or withheld its answer for its content.`, {
    provider,
    upstreamRequestId,
  })
