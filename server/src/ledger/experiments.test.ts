import { describe, expect, test } from 'vitest'
import { KINDS } from '../../test/database.ts'
import { createOutcomes } from './experiments.ts'
import { ledgerWorld, start } from './fixtures.ts'

const AT = Date.parse('2030-05-06T07:08:09.000Z')
const of = (variant: string, requestId: string, startedAt = AT) => {
  return { requestId, startedAt, assignment: { experiment: 'style', variant } }
}
const failed = { outcome: 'failed', usage: {}, cost: 0n } as const

describe.each(KINDS)('the outcome of variants (%s)', (kind) => {
  const world = ledgerWorld(kind)
  const read = (filter = {}) => createOutcomes(world.db, world.ledger).read(filter)

  test('counts requests, not attempts, and times them from end to end', async () => {
    const { record } = world
    record(of('a', 'req_healed'), { ...failed, errorCode: 'validator_hard_fail', latencyMs: 400, cost: 2n })
    record(of('a', 'req_healed', AT + 500), { latencyMs: 500, firstPartMs: 100, cost: 5n })
    record(of('a', 'req_lost'), { ...failed, errorCode: 'timeout', cost: null })
    record(of('a', 'req_lost', AT + 500), { ...failed, errorCode: 'overloaded' })
    record(of('a', 'req_left'), { ...failed, outcome: 'canceled', errorCode: 'canceled' })
    world.ledger.open(start(of('a', 'req_running')))
    record({ ...of('b', 'req_free'), emulated: true }, { latencyMs: 10, cost: 7n })
    record({ requestId: 'req_of_nobody' })
    const spread = (milliseconds: number) => ({ average: milliseconds, median: milliseconds, p95: milliseconds })
    expect(await read()).toEqual([
      {
        experiment: 'style',
        variant: 'a',
        requests: 4,
        succeeded: 1,
        failed: 1,
        attempts: 6,
        failedAttempts: 3,
        latencyMs: spread(1_000),
        firstPartMs: spread(600),
        cost: '0.000000007',
        emulatedCost: '0',
        unknownCost: 2,
        validatorHardFails: 1,
        feedback: { count: 0, average: null },
      },
      expect.objectContaining({
        variant: 'b',
        succeeded: 1,
        latencyMs: spread(10),
        firstPartMs: null,
        cost: '0',
        emulatedCost: '0.000000007',
      }),
    ])
  })

  test('is of one experiment and of a span of time where it is to be', async () => {
    world.record(of('a', 'req_1'))
    world.record({ ...of('a', 'req_2', AT + 60_000), assignment: { experiment: 'length', variant: 'a' } })
    const names = async (filter: object) => (await read(filter)).map(({ experiment }) => experiment)
    expect(await names({})).toEqual(['length', 'style'])
    expect(await names({ experiment: 'style' })).toEqual(['style'])
    expect(await names({ from: new Date(AT + 1) })).toEqual(['length'])
    expect(await names({ to: new Date(AT + 1) })).toEqual(['style'])
  })
})
