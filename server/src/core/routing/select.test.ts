import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate, Route } from '../route.ts'
import { type DeploymentState, newState } from './cooldown.ts'
import type { Needs } from './needs.ts'
import { select } from './select.ts'
import { candidateOf, NEEDS, routeOf, seeded } from './testing.ts'

const NOW = 1_000_000_000
const states = (candidates: readonly Candidate[], changes: Record<string, Partial<DeploymentState>> = {}) =>
  candidates.map(({ deployment: { id } }) => ({ ...newState(id), ...changes[id] }))

function order(
  route: Route,
  {
    needs = NEEDS,
    changes = {},
    turn = 0,
    random = Math.random,
  }: { needs?: Needs; changes?: Record<string, Partial<DeploymentState>>; turn?: number; random?: () => number } = {},
): string[] {
  const standings = states(route.candidates, changes)
  return select(route, needs, { standings, now: NOW, random, turn }).map(({ candidate }) => candidate.deployment.id)
}

const abc = ['a', 'b', 'c'].map((id) => candidateOf(id))

describe('strategies', () => {
  test('priority keeps the order', () => {
    expect(order(routeOf(abc))).toEqual(['a', 'b', 'c'])
  })

  test('round robin begins with the next one every time', () => {
    const route = routeOf(abc, { strategy: 'round-robin' })
    expect([0, 1, 2, 3].map((turn) => order(route, { turn }).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })

  test('the least busy one comes first', () => {
    const changes = { a: { running: 2 }, b: { running: 1 }, c: { running: 1 } }
    expect(order(routeOf(abc, { strategy: 'least-busy' }), { changes })).toEqual(['b', 'c', 'a'])
  })

  test('the cheapest one comes first, by what the request takes, and one without a price last', () => {
    const priced = [
      candidateOf('a'),
      candidateOf('b', { usd: '3' }),
      candidateOf('c', { usd: '2' }),
      candidateOf('d', { local: true }),
    ]
    expect(order(routeOf(priced, { strategy: 'lowest-cost' }))).toEqual(['d', 'c', 'b', 'a'])
  })

  describe('the fastest one', () => {
    const route = routeOf(abc, { strategy: 'lowest-latency' })
    const fast = { firstPartMs: 100, wholeMs: 900, measuredAt: NOW }
    const slow = { firstPartMs: 200, wholeMs: 800, measuredAt: NOW }

    test('comes first, by the first content of streams and by the end of other answers', () => {
      const changes = { a: slow, b: fast, c: { ...slow, firstPartMs: 300, wholeMs: 700 } }
      expect(order(route, { changes, needs: { ...NEEDS, streamed: true } })).toEqual(['b', 'a', 'c'])
      expect(order(route, { changes })).toEqual(['c', 'a', 'b'])
    })

    test('comes after one that has not been measured, but not while such a one is being measured', () => {
      expect(order(route, { changes: { a: fast } })).toEqual(['b', 'c', 'a'])
      expect(order(route, { changes: { a: fast, b: { running: 1 } } })).toEqual(['a', 'b', 'c'])
    })

    test('is measured again when that was long ago', () => {
      expect(order(route, { changes: { a: fast, b: { ...fast, measuredAt: NOW - 3_600_000 }, c: slow } })[0]).toBe('b')
    })
  })

  describe('by weight', () => {
    const shares = [5, 3, 2, 0]
    const weighted = shares.map((weight, at) => candidateOf('abcd'[at]!, {}, { weight }))
    const route = routeOf(weighted, { strategy: 'weighted' })

    test('each is first as often as its weight says', () => {
      const random = seeded(42)
      const rounds = 20_000
      const first = new Map<string, number>()
      for (let round = 0; round < rounds; round += 1) {
        const [id] = order(route, { random })
        first.set(id!, (first.get(id!) ?? 0) + 1)
      }
      for (const [at, weight] of [5, 3, 2].entries()) {
        const share = weight / 10
        // Five standard deviations of a binomial distribution.
        const bound = 5 * Math.sqrt(rounds * share * (1 - share))
        expect(Math.abs(first.get('abcd'[at]!)! - rounds * share)).toBeLessThan(bound)
      }
      expect(first.has('d')).toBe(false)
    })

    test('each has one turn, and those without weight the last ones', () => {
      const random = seeded(7)
      for (let round = 0; round < 100; round += 1) {
        const ids = order(route, { random })
        expect([...ids].sort()).toEqual(['a', 'b', 'c', 'd'])
        expect(ids.at(-1)).toBe('d')
      }
    })
  })
})

describe('health', () => {
  test('those that cool down come last, the soonest back first, and drained ones not at all', () => {
    const changes = { a: { coolingUntil: NOW + 9_000, open: true }, b: { coolingUntil: NOW + 5_000, open: true } }
    expect(order(routeOf(abc), { changes })).toEqual(['c', 'b', 'a'])
    expect(order(routeOf(abc), { changes: { ...changes, c: { drained: true } } })).toEqual(['b', 'a'])
  })

  test('after a cooldown one request tries, and the others wait for it', () => {
    expect(order(routeOf(abc), { changes: { a: { open: true, coolingUntil: NOW - 1 } } })).toEqual(['a', 'b', 'c'])
    const changes = { a: { open: true, coolingUntil: NOW - 1, probing: true } }
    expect(order(routeOf(abc), { changes })).toEqual(['b', 'c', 'a'])
  })
})

describe('degradation', () => {
  const mixed = [
    candidateOf('blind', { capabilities: { vision: false } }),
    candidateOf('mute', { capabilities: { tools: false } }),
    candidateOf('wordy', { capabilities: { jsonMode: false } }),
    candidateOf('able'),
  ]
  const needs: Needs = { ...NEEDS, capabilities: ['vision', 'tools'] }

  test('nothing is given up where the route does not say so', () => {
    expect(order(routeOf(mixed), { needs })).toEqual(['wordy', 'able'])
    expect(order(routeOf(mixed.slice(0, 2)), { needs })).toEqual([])
  })

  test('what can be given up is, after those that serve all', () => {
    expect(order(routeOf(mixed, { degrade: true }), { needs })).toEqual(['wordy', 'able', 'blind'])
  })

  test('another way of serving is taken where nobody has the straight one', () => {
    const json: Needs = { ...NEEDS, capabilities: ['jsonMode'] }
    expect(order(routeOf(mixed), { needs: json })).toEqual(['blind', 'mute', 'able'])
    expect(order(routeOf(mixed.slice(2, 3)), { needs: json })).toEqual(['wordy'])
  })
})

test('whatever the strategy and the state, each has at most one turn, and none that is well comes after one that rests', () => {
  const state = fc.record({ rests: fc.boolean(), drained: fc.boolean(), running: fc.nat(5), weight: fc.nat(3) })
  fc.assert(
    fc.property(
      fc.constantFrom('priority', 'weighted', 'round-robin', 'lowest-latency', 'lowest-cost', 'least-busy' as const),
      fc.array(state, { minLength: 1, maxLength: 90 }),
      fc.nat(1_000),
      (strategy, drawn, turn) => {
        const candidates = drawn.map(({ weight }, at) => candidateOf(`m${at}`, {}, { weight }))
        const changes = Object.fromEntries(
          drawn.map(({ rests, drained, running }, at) => [
            `m${at}`,
            { drained, running, coolingUntil: rests ? NOW + 1_000 + at : 0 },
          ]),
        )
        const ids = order(routeOf(candidates, { strategy }), { changes, turn, random: seeded(turn) })
        expect(new Set(ids).size).toBe(ids.length)
        const rests = ids.map((id) => changes[id]!.coolingUntil > 0)
        expect(rests).toEqual([...rests].sort((a, b) => Number(a) - Number(b)))
        expect(ids.some((id) => changes[id]!.drained)).toBe(false)
        const usable = drawn.filter(({ drained }) => !drained).length
        expect(ids.length).toBe(candidates.length > 64 ? ids.length : usable)
        expect(ids.length > 0).toBe(usable > 0)
      },
    ),
  )
})
