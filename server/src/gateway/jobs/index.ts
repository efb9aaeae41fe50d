import type { ProviderAdapter } from '../../core/adapter.ts'
import type { ArtifactKeeper } from '../../core/artifact.ts'
import type { Machinery, MachineryOptions } from '../../jobs/index.ts'
import { attemptsOf } from '../../jobs/store.ts'
import type { Announcer } from '../../jobs/transitions.ts'
import type { JobRow } from '../../jobs/types.ts'
import { enqueueEvent, isHeard } from '../../jobs/webhooks/enqueue.ts'
import type { NewEvent, StoredTarget, Webhooks } from '../../jobs/webhooks/types.ts'
import type { OriginPools } from '../../lib/http/pools.ts'
import type { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import type { Registry } from '../../registry/types.ts'
import type { AttemptObserver } from '../metering.ts'
import type { Router } from '../routing/router.ts'
import type { BroughtKeeper } from './brought.ts'
import type { CallbackLinks } from './callback-links.ts'
import { type CallbackServices, Callbacks } from './callbacks.ts'
import { type ExecutorServices, MediaExecutor } from './executor.ts'
import type { JobLimitOptions } from './limits.ts'
import { Placing } from './placing.ts'
import { type JobServices, Jobs } from './service.ts'
import { JobView } from './view.ts'

export interface JobsOptions {
  /** Starts the machine that works on jobs, with the hands that it needs. */
  start(hands: Pick<MachineryOptions, 'executor' | 'announcer'>): Promise<Machinery>
  registry: Registry
  router: Router
  adapters: ReadonlyMap<string, ProviderAdapter>
  pools: OriginPools
  observer: AttemptObserver
  fetcher: SafeFetcher
  keeper: ArtifactKeeper & BroughtKeeper
  outputBytes: ExecutorServices['outputBytes']
  webhooks: Pick<Webhooks, 'accept'>
  enhance: JobServices['enhance']
  limits: JobLimitOptions
  resolve: ExecutorServices['resolve']
  draw: ExecutorServices['draw']
  /** Where providers may tell that they are done. */
  callbackLinks: CallbackLinks
  log: CallbackServices['log']
  /** Where clients reach this server, for what is told without a request; without a trailing slash. */
  baseUrl(): string
}

export interface StartedJobs {
  jobs: Jobs
  callbacks: Callbacks
  machinery: Machinery
}

/** Everything about jobs, at work. */
export async function startJobs(options: JobsOptions): Promise<StartedJobs> {
  const { registry, router, adapters, keeper, webhooks, enhance, resolve } = options
  const view = new JobView(keeper)
  const placing = new Placing({ registry, router, adapters })
  const { callbackLinks: links } = options
  const executor = new MediaExecutor({
    ...options,
    placing,
    callback: (attemptId, provider) => links.offer(attemptId, provider),
  })
  const announcer: Announcer = {
    isHeard: (job, what) => isHeard(eventOf(job, what)),
    async announce(db, job, what) {
      await enqueueEvent(db, {
        ...eventOf(job, what ?? job.state),
        subject: job.id,
        sequence: job.sequence,
        payload: view.of(job, await attemptsOf(db, job.id), options.baseUrl()),
      })
    },
  }
  const machinery = await options.start({ executor, announcer })
  const { store, create, watch, claims, transitions } = machinery
  return {
    jobs: new Jobs({ placing, store, create, watch, claims, view, keeper, webhooks, enhance, resolve }),
    callbacks: new Callbacks({ ...options, links, store, transitions }),
    machinery,
  }
}

const eventOf = ({ key_id: keyId, webhook }: JobRow, what: JobRow['state'] | 'progress') => ({
  type: `job.${what}` as NewEvent['type'],
  keyId,
  target: webhook as StoredTarget | null,
})
