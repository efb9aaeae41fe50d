import type { ErrorCode, FailedAttempt } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import type { TurnoutError } from '../../core/error.ts'
import { retryDelay } from '../../core/retry.ts'
import { sameAgain } from '../../core/routing/again.ts'
import type { DeploymentHealth } from './health.ts'

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
  readonly #health: DeploymentHealth

  constructor(health: DeploymentHealth, several: boolean, by: number) {
    this.#health = health
    this.several = several
    this.by = by
  }

  /** An attempt begins; the answer is its number. */
  begin(): number {
    this.attempts += 1
    return this.attempts
  }

  failed({ id, provider }: Deployment, code: ErrorCode, latencyMs: number): void {
    this.failures.push({ deployment: id, provider: provider.id, code, latencyMs })
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
