import type { Route } from '../../core/route.ts'
import type { Chosen } from '../../core/routing/select.ts'
import { isBySession } from '../../core/routing/strategies.ts'
import type { Refused } from './failure.ts'
import type { DeploymentHealth } from './health.ts'
import { statusOf } from './report.ts'
import type { About } from './router.ts'

export interface SelectionLog {
  isLevelEnabled(level: string): boolean
  debug(details: object, message: string): void
}

export interface Selection {
  route: Route
  about: About
  chosen: readonly Chosen[]
  skipped: readonly Refused[]
  health: DeploymentHealth
}

/** So many are named: more are hardly ever asked. */
const NAMED = 10

/** Which deployments a request is to be sent to, in which order and why, and why not to others. */
export function logSelection(log: SelectionLog, { route, about, chosen, skipped, health }: Selection): void {
  const { name, pool, strategy, assignment } = route
  const now = health.now()
  const order = chosen.slice(0, NAMED).map(({ candidate: { deployment }, loss }) => {
    const state = statusOf(health.of(deployment.id), now)
    return { deployment: deployment.id, ...(state !== 'ready' && { state }), ...(loss && { loss }) }
  })
  const details = {
    requestId: about.requestId,
    route: name,
    pool,
    strategy,
    by: isBySession(strategy, about.session) ? 'session' : 'strategy',
    ...assignment,
    order,
    skipped: skipped.slice(0, NAMED).map(({ deployment, code }) => ({ deployment, code })),
  }
  log.debug(details, 'selection')
}
