import type { DeploymentStatus, DeploymentHealth as Report } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { DeploymentState } from '../../core/routing/cooldown.ts'
import type { Registry } from '../../registry/types.ts'
import type { DeploymentHealth } from './health.ts'
import type { HealthSharing } from './sharing.ts'

export function statusOf({ drained, coolingUntil, open }: DeploymentState, now: number): DeploymentStatus {
  if (drained) return 'drained'
  if (coolingUntil > now) return 'cooling'
  return open ? 'probing' : 'ready'
}

export const dateOf = (milliseconds: number): string => new Date(milliseconds).toISOString()

const rounded = (milliseconds: number): number | null => (Number.isNaN(milliseconds) ? null : Math.round(milliseconds))

function reportOn({ id, model, provider }: Deployment, health: DeploymentHealth): Report {
  const now = health.now()
  const about = { id, model: model.id, provider: provider.id }
  const state = health.find(id)
  if (state === undefined) {
    const nothing = { coolingUntil: null, firstPartMs: null, latencyMs: null, lastError: null }
    return { ...about, ...nothing, state: 'ready', running: 0, failures: 0 }
  }
  const { coolingUntil, running, firstPartMs, wholeMs, failures, lastError } = state
  return {
    ...about,
    state: statusOf(state, now),
    coolingUntil: coolingUntil > now ? dateOf(coolingUntil) : null,
    running,
    firstPartMs: rounded(firstPartMs),
    latencyMs: rounded(wholeMs),
    failures,
    lastError: lastError ? { code: lastError.code, at: dateOf(lastError.at) } : null,
  }
}

/** What an operator sees of deployments and does to them. */
export interface Deployments {
  list(): Report[]
  /**
   * @param author Id of the key that does it.
   * @throws TurnoutError not_found, overloaded
   */
  drain(id: string, author: string): Promise<Report>
  /** @throws TurnoutError not_found, overloaded */
  reset(id: string): Promise<Report>
}

/** The deployments of models that can be called, as this process has seen them and heard of them. */
export function createDeployments(
  registry: Registry,
  health: DeploymentHealth,
  sharing: Pick<HealthSharing, 'drain' | 'reset'>,
): Deployments {
  const all = (): Deployment[] => {
    const { snapshot } = registry
    return snapshot.models.flatMap(({ id, available }) => (available ? [snapshot.resolve(id).deployment] : []))
  }
  const find = (id: string): Deployment => {
    const deployment = all().find((each) => each.id === id)
    if (deployment) return deployment
    throw new TurnoutError('not_found', `There is no deployment ${id}; GET /api/deployments lists them.`)
  }
  return {
    list: () => all().map((deployment) => reportOn(deployment, health)),
    async drain(id, author) {
      const deployment = find(id)
      await sharing.drain(id, author)
      return reportOn(deployment, health)
    },
    async reset(id) {
      const deployment = find(id)
      await sharing.reset(id)
      return reportOn(deployment, health)
    },
  }
}
