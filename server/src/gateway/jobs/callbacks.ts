import type { Connection, ProviderAdapter, ProviderCallback } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { JobStore } from '../../jobs/store.ts'
import type { Transitions } from '../../jobs/transitions.ts'
import type { AttemptRow, JobRequest, JobRow } from '../../jobs/types.ts'
import type { OriginPools } from '../../lib/http/pools.ts'
import type { Registry } from '../../registry/types.ts'
import { connectionTo } from '../attempts.ts'
import type { CallbackLinks } from './callback-links.ts'
import { orderFor } from './order.ts'

export interface CallbackServices {
  links: CallbackLinks
  store: Pick<JobStore, 'find' | 'findAttempt' | 'wake'>
  transitions: Pick<Transitions, 'accepted'>
  registry: Registry
  adapters: ReadonlyMap<string, ProviderAdapter>
  pools: OriginPools
  log: { info(details: object, message: string): void }
}

/** Where a callback came to. */
export interface CallbackAddress {
  provider: string
  attemptId: string
  signature: string
}

/** How long it may take to find out whether a callback is the provider's own. */
const VERIFY_MS = 10_000

/**
 * What providers tell by themselves. It is a hint and nothing more: the job
 * asks the provider sooner, or learns the id of work whose acceptance was lost.
 */
export class Callbacks {
  readonly #services: CallbackServices

  constructor(services: CallbackServices) {
    this.#services = services
  }

  /** Before anything of a callback is read. @throws TurnoutError permission */
  requireOurs({ provider, attemptId, signature }: CallbackAddress): void {
    if (this.#services.links.isOurs(provider, attemptId, signature)) return
    throw new TurnoutError('permission', 'The signature of the callback is wrong.')
  }

  /** @throws TurnoutError not_found, permission, invalid_input */
  async receive(address: CallbackAddress, came: Pick<ProviderCallback, 'headers' | 'body'>): Promise<void> {
    this.requireOurs(address)
    const { store, links } = this.#services
    const { provider, attemptId } = address
    const attempt = await store.findAttempt(attemptId)
    const job = attempt && (await store.find(attempt.job_id))
    if (job === undefined) throw new TurnoutError('not_found', `There is no attempt ${attemptId} any more.`)
    const { adapter, deployment, connection } = this.#reach(attempt!)
    if (adapter?.readCallback === undefined) {
      throw new TurnoutError('not_found', `${provider} is none that calls back.`)
    }
    const callback = { ...came, secret: links.secretOf(attemptId, provider) }
    const requestId = await adapter.readCallback(callback, connection)
    if (attempt!.operation === null) await this.#recover(job, attempt!, requestId, { deployment, connection })
    else await this.#wake(attempt!, requestId)
  }

  async #wake(attempt: AttemptRow, requestId: string): Promise<void> {
    const { upstream_request_id: ours } = attempt
    if (ours !== null && ours !== requestId) {
      throw new TurnoutError('permission', 'The callback tells of other work than that of its attempt.')
    }
    await this.#services.store.wake(attempt.job_id)
  }

  /** The answer was lost, and with it the id: here it is. Nothing is sent again; asking collects what was made. */
  async #recover(
    job: JobRow,
    attempt: AttemptRow,
    requestId: string,
    { deployment, connection }: { deployment: Deployment; connection: Connection },
  ): Promise<void> {
    if (attempt.state !== 'submitting' && attempt.state !== 'unknown') return
    const { adapters, transitions, log } = this.#services
    const order = orderFor(adapters, deployment, job.kind, job.request as JobRequest)
    const pending = order.recover?.(requestId, connection)
    if (pending === undefined) return
    const taken = await transitions.accepted(attempt, { ...pending, pollAfterMs: 0 }, 'callback')
    if (taken) log.info({ job: job.id, attempt: attempt.id }, 'jobs: a callback told of work whose answer was lost')
  }

  #reach(attempt: AttemptRow) {
    const { registry, adapters, pools } = this.#services
    const { deployment } = registry.snapshot.resolve(attempt.deployment)
    const connection = connectionTo(deployment, pools, AbortSignal.timeout(VERIFY_MS))
    return { deployment, adapter: adapters.get(deployment.provider.adapter), connection }
  }
}
