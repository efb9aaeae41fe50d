import { describe, expect, test } from 'vitest'
import { type DeploymentState, newState } from './cooldown.ts'
import { assign, type Experiment } from './experiment.ts'
import { select } from './select.ts'
import { candidateOf, NEEDS, routeOf } from './testing.ts'

const SESSIONS = Array.from({ length: 4_000 }, (_, n) => `session-${n}`)
const NOW = 1_000_000_000

interface World {
  ids?: readonly string[]
  weights?: Readonly<Record<string, number>>
  strategy?: 'weighted' | 'round-robin' | 'least-busy' | 'lowest-latency' | 'priority' | 'lowest-cost'
  changes?: Readonly<Record<string, Partial<DeploymentState>>>
}

/** The order of each session, whatever turn it is and whoever is busy. */
function orders({ ids = ['a', 'b', 'c', 'd'], weights = {}, strategy = 'round-robin', changes = {} }: World = {}) {
  const route = routeOf(
    ids.map((id) => candidateOf(id, {}, { weight: weights[id] ?? 1 })),
    { strategy },
  )
  return SESSIONS.map((session, turn) => {
    const standings = ids.map((id) => ({ ...newState(id), running: (turn * 7) % 5, ...changes[id] }))
    const chosen = select(route, NEEDS, { standings, now: NOW, random: Math.random, turn, session })
    return chosen.map(({ candidate }) => candidate.deployment.id)
  })
}

const shareOf = (id: string, all: readonly (readonly string[])[]) =>
  all.filter(([first]) => first === id).length / all.length

describe('a session', () => {
  test.each(['weighted', 'round-robin', 'least-busy', 'lowest-latency'] as const)(
    'keeps its member in a pool that goes by %s',
    (strategy) => {
      const changes = { a: { firstPartMs: 5, measuredAt: NOW } }
      const once = orders({ strategy, changes })
      expect(orders({ strategy })).toEqual(once)
      expect(new Set(once.map(([first]) => first)).size).toBe(4)
    },
  )

  test.each(['priority', 'lowest-cost'] as const)('changes nothing in a pool that goes by %s', (strategy) => {
    expect(orders({ strategy }).every((order) => order.join('') === 'abcd')).toBe(true)
  })

  test('is as likely to come to one member as to the other', () => {
    const all = orders()
    for (const id of ['a', 'b', 'c', 'd']) expect(shareOf(id, all)).toBeCloseTo(0.25, 1)
    // The second choices of those who share a first one are spread too.
    const second = all.filter(([first]) => first === 'a').map(([, ...rest]) => rest)
    for (const id of ['b', 'c', 'd']) expect(shareOf(id, second)).toBeCloseTo(1 / 3, 1)
  })

  test('comes to members by their weight, where the pool goes by weight', () => {
    const weights = { a: 6, b: 3, c: 1, d: 0 }
    const all = orders({ strategy: 'weighted', weights })
    expect(shareOf('a', all)).toBeCloseTo(0.6, 1)
    expect(shareOf('b', all)).toBeCloseTo(0.3, 1)
    expect(shareOf('c', all)).toBeCloseTo(0.1, 1)
    expect(all.every((order) => order.at(-1) === 'd')).toBe(true)
    expect(shareOf('a', orders({ weights }))).toBeCloseTo(0.25, 1)
  })

  test('moves only when its member goes, and to its own next one', () => {
    const before = orders()
    const after = orders({ ids: ['a', 'c', 'd'] })
    for (const [index, order] of before.entries()) expect(after[index]).toEqual(order.filter((id) => id !== 'b'))
  })

  test('goes to the next one while its member cools down, and comes back', () => {
    const before = orders()
    const during = orders({ changes: { b: { coolingUntil: NOW + 1_000 } } })
    for (const [index, order] of before.entries()) {
      expect(during[index]).toEqual([...order.filter((id) => id !== 'b'), 'b'])
    }
    expect(orders({ changes: { b: { coolingUntil: NOW - 1 } } })).toEqual(before)
  })
})

describe('the variants of an experiment', () => {
  const USERS = SESSIONS
  const experiment = (weights: Readonly<Record<string, number>>, change: Partial<Experiment> = {}): Experiment => ({
    name: 'style',
    by: 'user',
    variants: Object.entries(weights).map(([name, weight]) => ({ name, weight, to: undefined })),
    ...change,
  })
  const assigned = (of: Experiment, identity: (user: string) => object = (user) => ({ user })) =>
    USERS.map((user, n) => assign(of, of.variants, { requestId: `req_${n}`, ...identity(user) }).name)
  const share = (name: string, all: readonly string[]) => all.filter((each) => each === name).length / all.length

  test('are given by weight, and the same user keeps the same one', () => {
    const first = assigned(experiment({ control: 9, bold: 1, off: 0 }))
    expect(share('bold', first)).toBeCloseTo(0.1, 1)
    expect(share('off', first)).toBe(0)
    expect(assigned(experiment({ control: 9, bold: 1, off: 0 }))).toEqual(first)
  })

  test('move nobody but towards a variant that has gained weight', () => {
    const before = assigned(experiment({ control: 9, bold: 1 }))
    const after = assigned(experiment({ control: 5, bold: 5 }))
    const moved = before.filter((name, index) => name !== after[index])
    expect(new Set(moved)).toEqual(new Set(['control']))
    expect(share('bold', after)).toBeCloseTo(0.5, 1)
  })

  test('are drawn anew by another experiment', () => {
    const one = assigned(experiment({ control: 1, bold: 1 }))
    const other = assigned(experiment({ control: 1, bold: 1 }, { name: 'length' }))
    expect(one.filter((name, index) => name === other[index]).length / one.length).toBeCloseTo(0.5, 1)
  })

  test.each([
    ['key', 'keyId'],
    ['session', 'session'],
    ['user', 'user'],
  ] as const)('go by the %s alone, where they are to, and request by request where there is none', (by, field) => {
    const of = experiment({ control: 1, bold: 1 }, { by })
    expect(new Set(assigned(of, () => ({ [field]: 'the same' }))).size).toBe(1)
    const others = { keyId: 'k', session: 's', user: 'u', [field]: undefined }
    expect(
      share(
        'bold',
        assigned(of, () => others),
      ),
    ).toBeCloseTo(0.5, 1)
  })
})
