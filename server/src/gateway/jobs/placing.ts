import type { ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { Assignment } from '../../core/routing/experiment.ts'
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

/** What a job asks for, and whose it is. */
export type Wished = Pick<JobRow, 'kind' | 'model' | 'request' | 'metadata' | 'request_id' | 'key_id' | 'user_id'>

/** One that could serve a job. */
export interface Fitting {
  deployment: Deployment
  order: MediaOrder
  /** The experiment that the job takes part in, and its variant there. */
  assignment: Assignment | undefined
}

const requestOf = ({ request }: Wished): JobRequest => request as JobRequest

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
  candidates(wished: Wished): Fitting[] {
    const { router, adapters } = this.#services
    const { kind } = wished
    const request = requestOf(wished)
    const route = this.#route(wished)
    const { assignment } = route
    const needs = this.#needs(route, wished)
    const preview = router.preview(route, needs, request.session)
    const fitting = preview.flatMap(({ candidate: { deployment } }) => {
      try {
        return [{ deployment, order: orderFor(adapters, deployment, kind, request), assignment }]
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
  takeTurn(wished: Wished): void {
    const route = this.#route(wished)
    if (route.candidates.length < 2) return
    const { session } = requestOf(wished)
    this.#services.router.chain(route, this.#needs(route, wished), { paidOnAcceptance: true, session })
  }

  /** The same whenever it is asked for, as long as the configuration is. */
  #route(wished: Wished): Route {
    const { model, request_id: requestId, key_id: keyId, user_id: user } = wished
    const { productType, session } = requestOf(wished)
    return this.#services.registry.snapshot.route(model, productType, { requestId, keyId, user, session })
  }

  #needs(route: Route, wished: Wished): Needs {
    const request = requestOf(wished)
    const { needs } = this.#first(route, wished.kind, request)
    return { ...needs, metadata: metadataOf(wished.metadata, request.productType) }
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
