import { describe, expect, test } from 'vitest'
import { HedgeBudget, hedgeDelay } from './hedge.ts'
import { LatencySketch } from './latency.ts'

const START = 1_700_000_000_000
const MINUTE = 60_000

const sketchOf = (...lengths: number[]): LatencySketch => {
  const sketch = new LatencySketch(START)
  for (const length of lengths) sketch.add(length, START)
  return sketch
}

describe('how long something takes mostly', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => (at + 1) * 10)

  test.each([
    [50, 500],
    [90, 900],
    [95, 950],
    [99, 990],
  ])('is known for %i of a hundred, and up to 15 %% too long', (percentile, ms) => {
    const known = sketchOf(...hundred).percentile(percentile, START)!
    expect(known).toBeGreaterThanOrEqual(ms)
    expect(known).toBeLessThanOrEqual(ms * 1.15)
  })

  test('is not known of a few measurements', () => {
    expect(sketchOf(...hundred.slice(0, 9)).percentile(95, START)).toBeUndefined()
    expect(sketchOf(...hundred.slice(0, 10)).percentile(95, START)).toBeDefined()
  })

  test('is forgotten with time', () => {
    const sketch = sketchOf(...hundred)
    expect(sketch.percentile(95, START + 20 * MINUTE)).toBeDefined()
    expect(sketch.percentile(95, START + 30 * MINUTE)).toBeUndefined()
  })

  test('is what it has been of late', () => {
    const sketch = sketchOf(...hundred.map(() => 5_000))
    for (let at = 0; at < 100; at += 1) sketch.add(50, START + 40 * MINUTE)
    expect(sketch.percentile(95, START + 40 * MINUTE)).toBeLessThan(60)
  })

  test('stays a number over days', () => {
    const sketch = sketchOf()
    let now = START
    for (let at = 0; at < 20_000; at += 1) {
      now += MINUTE / 4
      sketch.add(200, now)
    }
    expect(sketch.percentile(50, now)).toBeGreaterThanOrEqual(200)
    expect(sketch.percentile(50, now)).toBeLessThan(231)
  })

  test('may be nothing or hours', () => {
    const sketch = sketchOf(...hundred.slice(0, 20).map(() => 0))
    expect(sketch.percentile(95, START)).toBe(1)
    for (let at = 0; at < 500; at += 1) sketch.add(5 * 3_600_000, START)
    expect(sketch.percentile(95, START)).toBeGreaterThan(600_000)
  })
})

describe('when another one is asked', () => {
  const rule = { percentile: 95, minMs: 100, maxMs: 2_000, budget: 0.05 }
  const usually = (ms: number) => sketchOf(...Array.from({ length: 20 }, () => ms))

  test.each([
    ['after what is usual', 500, rule, [500, 575]],
    ['not before the least time', 5, rule, [100, 100]],
    ['after the longest time at the latest', 30_000, rule, [2_000, 2_000]],
    ['and without one when it takes as long as it does', 30_000, { ...rule, maxMs: undefined }, [30_000, 34_500]],
  ])('%s', (_, ms, hedge, [least, most]) => {
    const delay = hedgeDelay(hedge, usually(ms), START)
    expect(delay).toBeGreaterThanOrEqual(least!)
    expect(delay).toBeLessThanOrEqual(most!)
  })

  test('is the longest time where nothing is known, and never without one', () => {
    expect(hedgeDelay(rule, undefined, START)).toBe(2_000)
    expect(hedgeDelay(rule, sketchOf(3), START)).toBe(2_000)
    expect(hedgeDelay({ ...rule, maxMs: undefined }, undefined, START)).toBeUndefined()
  })
})

describe('the budget', () => {
  const spent = (share: number, requests: number) => {
    const budget = new HedgeBudget()
    let taken = 0
    for (let at = 0; at < requests; at += 1) {
      budget.earn(share)
      if (budget.take()) taken += 1
    }
    return taken
  }

  test.each([
    [0.05, 1_000, 50],
    [0.1, 10, 1],
    [0.25, 8, 2],
    [1, 7, 7],
    [0, 1_000, 0],
  ])('of %d is spent on so many of %i requests: %i', (share, requests, hedged) => {
    expect(spent(share, requests)).toBe(hedged)
  })

  test('saves for a few requests, not for a flood', () => {
    const budget = new HedgeBudget()
    for (let at = 0; at < 10_000; at += 1) budget.earn(0.5)
    let taken = 0
    while (budget.take()) taken += 1
    expect(taken).toBe(10)
  })
})
