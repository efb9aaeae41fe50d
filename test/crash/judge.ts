import { createHash } from 'node:crypto'
import type { Attempt, Job } from '@turnout/contract'
import type { Running } from '../support/run.ts'
import type { CrashReport } from './boundaries.ts'
import { type Order, PRICE_NANO } from './orders.ts'
import type { CrashWorld } from './world.ts'

/** What became of the jobs that were ordered in the round of one kill. */
export interface Verdict {
  jobs: number
  succeeded: number
  unknown: number
  /** The most that was paid for one of the generations. */
  paidAtMost: number
  webhooks: number
  /** How many webhooks there were to be. */
  webhooksDue: number
  /** Of the ledger and the provider's bill, over all whose outcome is known; in nano-dollars. */
  difference: bigint
  /** What is not as it should be. */
  problems: string[]
}

export interface Evidence {
  world: CrashWorld
  server: Running
  orders: readonly Order[]
  jobs: readonly Job[]
  reports: readonly (CrashReport | undefined)[]
}

/** Of a decimal string of dollars. */
function nano(dollars: string): bigint {
  const [whole = '0', part = ''] = dollars.split('.')
  return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0'))
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

/** How many calls of a job had an outcome that died with a server, and how many may have had. */
function lostOf(reports: Evidence['reports'], jobId: string): { surely: number; perhaps: number } {
  const calls = reports.flatMap((report) => report?.calls.filter(({ job }) => job === jobId) ?? [])
  const surely = calls.filter(({ phase }) => phase === 'sent').length
  return { surely, perhaps: calls.length - surely }
}

/** What is wrong with one job, by what its provider and its killers know of it. */
function problemsOf(order: Order, job: Job, ledger: ReadonlyMap<string, Attempt>, evidence: Evidence): string[] {
  const { world, reports } = evidence
  const problems: string[] = []
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(`${order.name} (${job.id}, round ${order.round}): ${problem}`)
  }
  const paid = order.generations.map((generation) => world.paid.get(generation) ?? 0)
  const total = paid.reduce((all, one) => all + one, 0)
  const made = job.attempts.filter(({ state }) => state === 'succeeded').length
  const unknown = job.attempts.filter(({ state }) => state === 'unknown').length
  const { surely, perhaps } = lostOf(reports, job.id)

  expect(Math.max(...paid) <= 1, `was paid for more than once: ${paid}`)
  expect(made + unknown === order.generations.length, `has attempts ${job.attempts.map(({ state }) => state)}`)
  expect(job.state === (made > 0 ? 'succeeded' : 'unknown'), `is ${job.state}: ${JSON.stringify(job.error)}`)
  expect(
    unknown >= surely && unknown <= surely + perhaps,
    `has ${unknown} unknown calls, of ${surely} to ${surely + perhaps}`,
  )
  expect(
    made <= total && total <= made + unknown,
    `was paid for ${total} times, with ${made} made and ${unknown} unknown`,
  )
  expect(job.outputs.length === made, `has ${job.outputs.length} outputs`)
  expect(world.isTold(order, job), 'was not told of')
  for (const { id, state } of job.attempts) {
    const entry = ledger.get(id)
    expect(entry?.outcome === state, `has an attempt ${state} that the ledger calls ${entry?.outcome}`)
    expect((entry?.cost === null) === (state === 'unknown'), `has an attempt ${state} at the cost of ${entry?.cost}`)
  }
  const settled = unknown > 0 ? null : BigInt(made) * PRICE_NANO
  const shown = job.cost.settled === null ? null : nano(job.cost.settled)
  expect(shown === settled, `is settled with ${job.cost.settled}`)
  return problems
}

async function wrongBytes(job: Job): Promise<string[]> {
  const checked = job.outputs.map(async ({ url, sha256, bytes }) => {
    const body = Buffer.from(await (await fetch(url)).arrayBuffer())
    const same = body.length === bytes && createHash('sha256').update(body).digest('hex') === sha256
    return same ? [] : [`${job.id}: an output is not what was kept`]
  })
  return (await Promise.all(checked)).flat()
}

/** Judges the jobs of all rounds; the verdicts are in the order of the kills. */
export async function judge(evidence: Evidence): Promise<Verdict[]> {
  const { world, server, orders, jobs, reports } = evidence
  const attempts = await world.ledger(server)
  const ledger = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const calls = [...world.paid.values()].reduce((all, one) => all + one, 0)
  const { calls: billed } = world.emulator.bill()
  const known = jobs.reduce((all, job) => all + job.attempts.length, 0)
  const overall = [
    ...(calls === billed ? [] : [`${calls} generations were seen, and ${billed} are billed`]),
    ...(attempts.length === known ? [] : [`the ledger has ${attempts.length} attempts, the jobs ${known}`]),
    ...(world.receiver.forged === 0 ? [] : [`${world.receiver.forged} webhooks were not signed`]),
  ]
  return Promise.all(
    reports.map(async (_, round) => {
      const own = orders.flatMap((order, at) => (order.round === round ? [{ order, job: jobs[at]! }] : []))
      const costs = own.flatMap(({ job }) => job.attempts.map(({ id }) => ledger.get(id)?.cost ?? '0'))
      const bill = own.map(({ order, job }) => {
        const unknown = job.attempts.filter(({ state }) => state === 'unknown').length
        const paid = order.generations.filter((generation) => world.paid.has(generation)).length
        // Of the unknown ones nobody can tell which were paid for: they are on neither side.
        return BigInt(Math.min(paid, order.generations.length - unknown)) * PRICE_NANO
      })
      const bytes = (await Promise.all(own.map(({ job }) => wrongBytes(job)))).flat()
      return {
        jobs: own.length,
        succeeded: own.filter(({ job }) => job.state === 'succeeded').length,
        unknown: own.filter(({ job }) => job.state === 'unknown').length,
        paidAtMost: Math.max(...own.flatMap(({ order }) => order.generations.map((one) => world.paid.get(one) ?? 0))),
        webhooks: own.filter(({ order, job }) => order.told && world.isTold(order, job)).length,
        webhooksDue: own.filter(({ order }) => order.told).length,
        difference: sum(costs.map(nano)) - sum(bill),
        problems: [...own.flatMap(({ order, job }) => problemsOf(order, job, ledger, evidence)), ...bytes, ...overall],
      }
    }),
  )
}
