import type { ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import { metadataOf, type Needs } from '../../core/routing/needs.ts'
import type { JobRequest, JobRow } from '../../jobs/types.ts'
import type { Registry } from '../../registry/types.ts'
import type { Router } from '../routing/router.ts'
import { type MediaOrder, orderFor } from './order.ts'

export interface PlacingServices {
  registry: Registry
  router: Router
  adapters: ReadonlyMap<string, ProviderAdapter>
}

/** Who could serve a job, in the order in which they are to be asked. Nobody is called. */
export class Placing {
  readonly #services: PlacingServices

  constructor(services: PlacingServices) {
    this.#services = services
  }

  /**
   * Those that take all of the request as it is.
   *
   * @throws TurnoutError where nobody does: why the first one does not
   */
  candidates(
    kind: JobRow['kind'],
    model: string,
    request: JobRequest,
    metadata: Record<string, string>,
  ): { deployment: Deployment; order: MediaOrder }[] {
    const { registry, router, adapters } = this.#services
    const route = registry.snapshot.route(model, request.productType)
    const first = this.#first(route, kind, request)
    const needs = needsOf(first, request, metadata)
    const preview = router.preview(route, needs)
    const fitting = preview.flatMap(({ candidate: { deployment } }) => {
      try {
        return [{ deployment, order: orderFor(adapters, deployment, kind, request) }]
      } catch {
        return []
      }
    })
    if (fitting.length > 0) return fitting
    throw new TurnoutError('capability_missing', `None of the members of ${route.name} can serve the request.`, {
      param: 'model',
      details: router.refused(route, needs),
    })
  }

  /** Members of a pool take turns, where its strategy says so. */
  takeTurn(kind: JobRow['kind'], model: string, request: JobRequest, metadata: Record<string, string>): void {
    const { registry, router } = this.#services
    const route = registry.snapshot.route(model, request.productType)
    if (route.candidates.length < 2) return
    router.chain(route, needsOf(this.#first(route, kind, request), request, metadata), { paidOnAcceptance: true })
  }

  /** The request in the words of the first member that understands it. */
  #first(route: Route, kind: JobRow['kind'], request: JobRequest): MediaOrder {
    let refusal: TurnoutError | undefined
    for (const { deployment } of route.candidates) {
      try {
        return orderFor(this.#services.adapters, deployment, kind, request)
      } catch (thrown) {
        refusal ??= TurnoutError.from(thrown)
      }
    }
    throw (
      refusal ??
      new TurnoutError('model_not_enabled', `${route.name} has no member that can be used.`, { param: 'model' })
    )
  }
}

const needsOf = ({ needs }: MediaOrder, { productType }: JobRequest, metadata: Record<string, string>): Needs => ({
  ...needs,
  metadata: metadataOf(metadata, productType),
})
