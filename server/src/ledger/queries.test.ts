import { describe, expect, test } from 'vitest'
import { KINDS } from '../../test/database.ts'
import { ledgerWorld, start } from './fixtures.ts'
import type { Ledger } from './types.ts'

describe.each(KINDS)('%s', (kind) => {
  const world = ledgerWorld(kind)

  test('the newest first, page by page, each attempt once', async () => {
    const expected: string[] = []
    for (let i = 0; i < 25; i++) {
      // Ten share each moment, so that a page ends between two of the same time.
      expected.unshift(world.record({ startedAt: 1_900_000_000_000 + Math.floor(i / 10) }).id)
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await world.ledger.attempts({}, { cursor, limit: 7 })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(expected)
    for (const none of ['nonsense', '999999999999999.att_of_the_year_33658']) {
      await expect(world.ledger.attempts({}, { cursor: none, limit: 1 })).rejects.toThrow(
        expect.objectContaining({ code: 'invalid_input', param: 'cursor' }),
      )
    }
  })

  test('filters narrow attempts and totals alike', async () => {
    const day = Date.parse('2030-05-06T00:00:00Z')
    const one = world.record({ startedAt: day, model: 'a', provider: 'p', keyId: 'k', user: 'u' })
    const two = world.record({ startedAt: day + 1_000, model: 'b' }, { outcome: 'failed' })
    const ids = async (filter: Parameters<Ledger['attempts']>[0]) => {
      const { items } = await world.ledger.attempts(filter, { limit: 10 })
      const [total] = await world.ledger.totals(filter, undefined)
      expect(total!.attempts).toBe(items.length)
      return items.map(({ id }) => id)
    }
    for (const filter of [
      { model: 'a' },
      { provider: 'p' },
      { keyId: 'k' },
      { user: 'u' },
      { requestId: one.requestId },
    ]) {
      expect(await ids(filter)).toEqual([one.id])
    }
    expect(await ids({ outcome: 'failed' })).toEqual([two.id])
    expect(await ids({ model: 'a', outcome: 'failed' })).toEqual([])
    expect(await ids({ from: new Date(day), to: new Date(day + 1_000) })).toEqual([one.id])
    expect(await ids({ from: new Date(day + 1_000) })).toEqual([two.id])
    expect(await ids({})).toEqual([two.id, one.id])
  })

  test('totals are exact to the nano-dollar, with emulated and unknown costs apart', async () => {
    const cost = 4_503_599_627_370_497n
    for (let i = 0; i < 3; i++) world.record({}, { cost, usage: { inputTokens: 7, outputTokens: 2, images: 1 } })
    world.record({ emulated: true }, { cost: 1n })
    world.record({}, { cost: null, outcome: 'failed', usage: {} })
    world.ledger.open(start())
    expect(await world.ledger.totals({}, undefined)).toEqual([
      {
        group: null,
        attempts: 6,
        succeeded: 4,
        failed: 1,
        inputTokens: 31,
        outputTokens: 11,
        images: 3,
        cost: '13510798.882111491',
        emulatedCost: '0.000000001',
        unknownCost: 2,
      },
    ])
  })

  test('totals of nothing are zero', async () => {
    expect(await world.ledger.totals({}, undefined)).toMatchObject([{ attempts: 0, cost: '0', unknownCost: 0 }])
    expect(await world.ledger.totals({}, 'model')).toEqual([])
  })

  test('totals by each grouping; days are those of UTC', async () => {
    world.record({
      startedAt: Date.parse('2030-05-06T23:59:59.999Z'),
      model: 'a',
      provider: 'p',
      keyId: 'k1',
      user: 'u1',
    })
    world.record({
      startedAt: Date.parse('2030-05-07T00:00:00.000Z'),
      model: 'b',
      provider: 'p',
      keyId: 'k1',
      user: null,
    })
    const groups = async (by: Parameters<Ledger['totals']>[1]) =>
      (await world.ledger.totals({}, by)).map(({ group, attempts }) => [group, attempts])
    expect(await groups('day')).toEqual([
      ['2030-05-06', 1],
      ['2030-05-07', 1],
    ])
    expect(await groups('model')).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    expect(await groups('provider')).toEqual([['p', 2]])
    expect(await groups('key')).toEqual([['k1', 2]])
    expect(await groups('user')).toEqual([
      ['u1', 1],
      [null, 1],
    ])
  })
})
