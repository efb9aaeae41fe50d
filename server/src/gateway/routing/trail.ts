import type { ErrorCode, FailedAttempt } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import type { TurnoutError } from '../../core/error.ts'
import { retryDelay } from '../../core/retry.ts'
import { sameAgain } from '../../core/routing/again.ts'
import type { Assignment } from '../../core/routing/experiment.ts'
import type { DeploymentHealth } from './health.ts'

interface TrailOptions {
  assignment?: Assignment | undefined
  refusesEmpty?: boolean
}

/** What the attempts of one request over several deployments have in common. */
export class Trail {
  /** How many have begun. */
  attempts = 0
  /** Those that failed, in order. */
  readonly failures: FailedAttempt[] = []
  /** Whether several deployments could serve the request, so that none of them needs to be waited for. */
  readonly several: boolean
  /** When all of it must have come to an end, in epoch milliseconds. */
  readonly by: number
  /** The variant of the request, where it takes part in an experiment. */
  readonly assignment: Assignment | undefined
  /** An answer that says nothing counts as a failed one. */
  readonly refusesEmpty: boolean
  /** Hears who begins to answer, where two are asked at once. */
  onHeard: ((deployment: Deployment) => void) | undefined
  readonly #health: DeploymentHealth
  #spent: bigint | null = 0n

  constructor(
    health: DeploymentHealth,
    several: boolean,
    by: number,
    { assignment, refusesEmpty = false }: TrailOptions = {},
  ) {
    this.#health = health
    this.several = several
    this.by = by
    this.assignment = assignment
    this.refusesEmpty = refusesEmpty && several
  }

  /** An attempt begins; the answer is its number. */
  begin(): number {
    this.attempts += 1
    return this.attempts
  }

  /** The first content of an answer is there, or all of it, be it shown or not. */
  heard(deployment: Deployment): void {
    this.onHeard?.(deployment)
  }

  failed({ id, provider }: Deployment, code: ErrorCode, latencyMs: number): void {
    this.failures.push({ deployment: id, provider: provider.id, code, latencyMs })
  }

  /** Why the last answer of a deployment did not pass, where that is what it failed by. */
  explain({ id }: Deployment, reasons: string[] | undefined): void {
    const last = reasons && this.failures.findLast(({ deployment }) => deployment === id)
    if (last) last.reasons = reasons
  }

  /** What a failed attempt cost in nano-dollars; null where that is not known. */
  spend(cost: bigint | null): void {
    this.#spent = cost === null || this.#spent === null ? null : this.#spent + cost
  }

  /** What the whole request cost, if its last attempt cost so much; null where it is not known of each. */
  total(cost: bigint | null): bigint | null {
    return cost === null || this.#spent === null ? null : cost + this.#spent
  }

  /** How long to wait before the same deployment is asked again, in milliseconds; null where it is not. */
  pause(deployment: Deployment, error: TurnoutError, retries: number): number | null {
    const delay = this.#delay(deployment, error, retries)
    return delay === null || Date.now() + delay >= this.by ? null : delay
  }

  #delay(deployment: Deployment, error: TurnoutError, retries: number): number | null {
    if (!this.several) return retryDelay(deployment.retry, error, retries, Math.random())
    // Whoever asks to be left alone for a moment cools down for that moment.
    if (error.code !== 'rate_limit' && this.#health.isResting(deployment)) return null
    return sameAgain(deployment.retry, error, retries, Math.random())
  }
}

/** How long to wait before the same deployment is asked again, in milliseconds; null where it is not. */
export const pauseBefore = (
  trail: Trail | undefined,
  deployment: Deployment,
  error: TurnoutError,
  retries: number,
): number | null =>
  trail ? trail.pause(deployment, error, retries) : retryDelay(deployment.retry, error, retries, Math.random())
