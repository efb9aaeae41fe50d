import type { Database, Log } from '../db/database.ts'
import { Pruner } from '../lib/pruner.ts'
import type { Claims } from './claim.ts'
import { ComparisonRecords } from './comparison-records.ts'
import { leaseOwner } from './lease.ts'
import { pruneJobs } from './prune.ts'
import { type Created, isSingle, JobStore, type NewJob } from './store.ts'
import { type Announcer, Transitions } from './transitions.ts'
import type { Executor } from './types.ts'
import { JobWatch } from './watch.ts'
import { JobWorker } from './worker.ts'

export interface MachineryOptions {
  database: Database
  executor: Executor
  announcer: Announcer
  /** After how many days jobs that are over are forgotten; undefined: never. */
  retentionDays?: number | undefined
  log: Log
}

/** The machine behind jobs, at work. */
export interface Machinery {
  store: JobStore
  /** Stores new jobs, see `JobStore.create`; one that may begin at once does. */
  create(jobs: readonly NewJob[]): Promise<Created>
  comparisons: ComparisonRecords
  transitions: Transitions
  watch: JobWatch
  claims: Claims
  /** Sends nothing more to providers; what they have accepted is brought to its end as before. */
  rest(): void
  /** Makes no further step; those under way have so long to end, in milliseconds. */
  stop(graceMs: number): Promise<void>
}

/** Starts to look for jobs and to work on them. */
export async function startMachinery(options: MachineryOptions): Promise<Machinery> {
  const { database, executor, announcer, retentionDays, log } = options
  const store = new JobStore(database)
  const watch = new JobWatch(database, (id) => worker.isAt(id))
  const transitions = new Transitions(database, leaseOwner(), announcer, (job, attempts) => {
    worker.over(job)
    watch.over(job, attempts)
  })
  const worker = new JobWorker({ database, executor, transitions, attemptsOf: store.attemptsOf, log })
  await watch.start()
  await worker.start()
  const pruner =
    retentionDays === undefined ? undefined : new Pruner(() => pruneJobs(database.sql, retentionDays), 'jobs', log)
  let stopping: Promise<void> | undefined
  return {
    store,
    create: (jobs) =>
      isSingle(jobs) ? worker.starting(jobs[0]!, (start) => store.create(jobs, start)) : store.create(jobs),
    comparisons: new ComparisonRecords(database),
    transitions,
    watch,
    claims: worker.claims,
    rest: () => worker.rest(),
    stop(graceMs) {
      stopping ??= Promise.all([pruner?.stop(), worker.stop(graceMs)]).then(() => watch.stop())
      return stopping
    },
  }
}
