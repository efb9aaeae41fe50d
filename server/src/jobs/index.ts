import type { Database, Log } from '../db/database.ts'
import type { Claims } from './claim.ts'
import { ComparisonRecords } from './comparison-records.ts'
import { leaseOwner } from './lease.ts'
import { JobStore } from './store.ts'
import { type Announce, Transitions } from './transitions.ts'
import type { Executor } from './types.ts'
import { JobWatch } from './watch.ts'
import { JobWorker } from './worker.ts'

export interface MachineryOptions {
  database: Database
  executor: Executor
  announce: Announce
  log: Log
}

/** The machine behind jobs, at work. */
export interface Machinery {
  store: JobStore
  comparisons: ComparisonRecords
  transitions: Transitions
  watch: JobWatch
  claims: Claims
  /** Begins nothing more; what is under way has so long to end, in milliseconds. */
  stop(graceMs: number): Promise<void>
}

/** Starts to look for jobs and to work on them. */
export async function startMachinery({ database, executor, announce, log }: MachineryOptions): Promise<Machinery> {
  const store = new JobStore(database)
  const transitions = new Transitions(database, leaseOwner(), announce)
  const worker = new JobWorker({ database, executor, transitions, attemptsOf: store.attemptsOf, log })
  const watch = new JobWatch(database)
  await watch.start()
  await worker.start()
  let stopping: Promise<void> | undefined
  return {
    store,
    comparisons: new ComparisonRecords(database),
    transitions,
    watch,
    claims: worker.claims,
    stop(graceMs) {
      stopping ??= worker.stop(graceMs).then(() => watch.stop())
      return stopping
    },
  }
}
