import type { CacheStatus, DeploymentHealth } from '@turnout/contract'
import { DEPLOYMENT_STATES } from '@turnout/contract'
import type { Backlog } from '../jobs/backlog.ts'
import { AttemptMetrics } from './attempts.ts'
import { byWorker, CONTENT_TYPE, counter, type Family, gauge, toText, type Value } from './family.ts'
import { Peers, type PrimaryChannel } from './peers.ts'
import { processFamilies } from './process.ts'
import { RequestMetrics } from './requests.ts'

/** What is looked at when somebody asks. */
export interface Sources {
  cache: { counts: Readonly<Record<CacheStatus, number>>; store: { bytes: number; size: number } }
  deployments(): readonly DeploymentHealth[]
  backlog(): Promise<Backlog>
  /** Where this process is one of several workers. */
  primary?: PrimaryChannel | undefined
}

/** Counts all the time; adds up only when somebody asks. */
export class Metrics {
  readonly attempts = new AttemptMetrics()
  readonly requests = new RequestMetrics()
  readonly contentType = CONTENT_TYPE
  #sources: Sources | undefined
  #peers: Peers | undefined

  /** Called once, when all that is looked at is there. */
  watch(sources: Sources): void {
    this.#sources = sources
    if (sources.primary) this.#peers = new Peers(sources.primary, () => this.#own())
  }

  /** The text that Prometheus reads. */
  async page(): Promise<string> {
    const [ofWorkers, ofAll] = await Promise.all([this.#ofWorkers(), this.#ofAll()])
    return toText([...ofWorkers, ...ofAll])
  }

  /** What every process counts for itself. */
  async #own(): Promise<Family[]> {
    const { counts, store } = this.#sources!.cache
    return [
      ...this.requests.families(),
      ...this.attempts.families(),
      counter(
        'turnout_cache_requests_total',
        'Requests that asked for the cache: answered from it, together with one under way, or anew.',
        Object.entries(counts).map(([status, value]) => ({ labels: { status }, value })),
      ),
      gauge('turnout_cache_bytes', 'Memory of the answers that are kept.', [{ labels: {}, value: store.bytes }]),
      gauge('turnout_cache_entries', 'Answers that are kept.', [{ labels: {}, value: store.size }]),
      ...(await processFamilies()),
    ]
  }

  async #ofWorkers(): Promise<Family[]> {
    if (this.#peers === undefined) return this.#own()
    const workers = (await this.#peers.ask()) ?? [{ worker: 'unknown', families: await this.#own() }]
    const answered = gauge('turnout_workers', 'Workers of this machine whose metrics these are.', [
      { labels: {}, value: workers.length },
    ])
    return [...byWorker(workers), answered]
  }

  /** What is the same whoever is asked. */
  async #ofAll(): Promise<Family[]> {
    const deployments = this.#sources!.deployments()
    const isIn = (wanted: string) => deployments.filter(({ state }) => state === wanted).length
    const resting = deployments.filter(({ state }) => state !== 'ready')
    return [
      gauge(
        'turnout_deployments',
        'Deployments that can be called, by state.',
        DEPLOYMENT_STATES.map((state) => ({ labels: { state }, value: isIn(state) })),
      ),
      gauge(
        'turnout_deployment_set_aside',
        '1 for each deployment that is not ready, with its state.',
        resting.map(({ provider, id, state }) => ({ labels: { provider, deployment: id, state }, value: 1 })),
      ),
      ...(await this.#backlog()),
    ]
  }

  async #backlog(): Promise<Family[]> {
    let jobs: Value[] = []
    let deliveries: Value[] = []
    const backlog = await this.#sources!.backlog().catch(() => undefined)
    if (backlog) {
      jobs = Object.entries(backlog.jobs).map(([state, value]) => ({ labels: { state }, value }))
      deliveries = [{ labels: {}, value: backlog.webhookDeliveries }]
    }
    return [
      gauge('turnout_database_up', 'Whether the database could be asked.', [{ labels: {}, value: backlog ? 1 : 0 }]),
      gauge('turnout_jobs', 'Jobs that are not over, by state.', jobs),
      gauge('turnout_webhook_deliveries_pending', 'Messages of webhooks that have not been taken.', deliveries),
    ]
  }
}
