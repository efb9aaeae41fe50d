import type { Job } from '@turnout/contract'
import { describe, expect, it } from 'vitest'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { JobRow } from '../../jobs/types.ts'
import type { Caller } from '../types.ts'
import type { Jobs } from './service.ts'
import { WaitedJob, type WaitedRequest } from './waited.ts'

const ROW = { id: 'job_1', state: 'succeeded', outputs: [], settled_nano: 5n } as unknown as JobRow
const DONE = { attempts: [{ deployment: 'brush' }, { deployment: 'brush' }], deployment: 'brush' } as unknown as Job
const routeOf = (totalMs: number, deadlineMs?: number) =>
  ({
    candidates: [{ deployment: { id: 'brush', timeouts: { totalMs } } }],
    fallback: { deadlineMs },
  }) as unknown as Route

function waiting(jobs: Partial<Jobs>, idempotencyKey?: string, route = routeOf(60_000)) {
  const canceled: string[] = []
  const service = {
    create: async () => ROW,
    settled: async () => ROW,
    show: async () => DONE,
    cancel: async (id: string) => {
      canceled.push(id)
      return ROW
    },
    ...jobs,
  } as unknown as Jobs
  const request = { caller: {} as Caller, route, brought: [], idempotencyKey } as unknown as WaitedRequest
  const job = new WaitedJob({ jobs: service, kept: {} as never, log: { error: () => {} } }, request)
  return {
    job,
    canceled,
    answer: (signal = new AbortController().signal) =>
      job.answer(
        '',
        signal,
        () => {},
        async (made) => made,
      ),
  }
}

const away = () => {
  throw new TurnoutError('overloaded', 'The database does not answer right now.')
}

it.each([
  ['its deployment has', routeOf(60_000), undefined, 62_000],
  ['all of a pool have together', routeOf(60_000, 20_000), undefined, 22_000],
  ['a client may come back', routeOf(60_000), 'order-4711', 600_000],
])('a job has as long as %s', async (_, route, name, expected) => {
  const deadlines: (number | undefined)[] = []
  const create: Jobs['create'] = async ({ deadlineMs }) => {
    deadlines.push(deadlineMs)
    return ROW
  }
  await waiting({ create }, name, route).answer()
  expect(deadlines).toEqual([expected])
})

describe('while the database is away', () => {
  it.each([
    [undefined, false],
    ['order-4711', true],
  ])(
    'pictures that are made are waited for; under the name %s they may be asked for again: %s',
    async (name, retryable) => {
      const { answer } = waiting({ show: async () => away() }, name, routeOf(-30_000))
      await expect(answer()).rejects.toMatchObject({ code: 'overloaded', status: 503, retryable })
    },
  )

  it('a job that is there is looked at again', async () => {
    let looks = 0
    const { job, answer } = waiting({ show: async () => (looks++ === 0 ? away() : DONE) })
    expect(await answer()).toMatchObject({ job: DONE, cost: 5n, deployment: { id: 'brush' } })
    expect([looks, job.attempts, job.fallbacks]).toEqual([2, 2, 0])
  })
})

describe('a client that leaves', () => {
  it.each([
    ['cancels its job', undefined, ['job_1']],
    ['leaves one that it has named', 'order-4711', []],
  ])('%s', async (_, name, expected) => {
    const leaving = new AbortController()
    const settled = async () => {
      leaving.abort()
      return ROW
    }
    const { canceled, answer } = waiting({ settled }, name)
    await expect(answer(leaving.signal)).rejects.toMatchObject({ code: 'canceled' })
    expect(canceled).toEqual(expected)
  })
})
