import type { FailedAttempt } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'

/** Why a member was passed over. */
export interface Refused {
  deployment: string
  /** A capability that it lacks, `drained`, or the code of an error. */
  code: string
  /** Reads on after the name of the deployment. */
  reason: string
}

/** So many are named in a message; the details have all of them. */
const NAMED = 10

const sentences = (refused: readonly Refused[]): string => {
  const named = refused.slice(0, NAMED).map(({ deployment, reason }) => `${deployment} ${reason}`)
  const more = refused.length > NAMED ? [`and ${refused.length - NAMED} more`] : []
  return [...named, ...more].join('; ')
}

/** Nobody could be asked: each by its reason. */
export function noneFits({ name }: Route, refused: readonly Refused[]): TurnoutError {
  const details = { candidates: refused }
  if (refused.length === 0 || refused.every(({ code }) => code === 'drained')) {
    return new TurnoutError('exhausted', `No member of ${name} takes requests: all of them are drained.`, { details })
  }
  return new TurnoutError('capability_missing', `No member of ${name} can serve this request: ${sentences(refused)}.`, {
    param: 'model',
    details,
  })
}

/** The error of one deployment, with what became of all of them. */
export const withAttempts = (error: TurnoutError, attempts: readonly FailedAttempt[]): TurnoutError =>
  error.with({ details: { ...(typeof error.details === 'object' ? error.details : {}), attempts } })

/** The attempts that a failure names; undefined where it was not sent to several deployments. */
export function attemptsOf({ details }: TurnoutError): readonly FailedAttempt[] | undefined {
  if (typeof details !== 'object' || details === null || !('attempts' in details)) return undefined
  return details.attempts as readonly FailedAttempt[]
}
