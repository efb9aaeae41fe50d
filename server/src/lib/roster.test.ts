import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Roster } from './roster.ts'

test('holds what a Set would hold, whatever is done to it', () => {
  const items = Array.from({ length: 8 }, (_, name) => ({ name, slot: -1 }))
  const step = fc.tuple(fc.boolean(), fc.nat(items.length - 1))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const item of items) item.slot = -1
      const roster = new Roster<(typeof items)[number]>()
      const set = new Set<(typeof items)[number]>()
      for (const [add, index] of steps) {
        const item = items[index]!
        if (add) {
          roster.add(item)
          set.add(item)
        } else {
          roster.delete(item)
          set.delete(item)
        }
      }
      const held: number[] = []
      roster.forEach(({ name }) => {
        held.push(name)
      })
      expect(roster.size).toBe(set.size)
      expect(held.sort()).toEqual([...set].map(({ name }) => name).sort())
    }),
  )
})

test('whoever is called may take anybody out', () => {
  const [a, b, c] = [{ slot: -1 }, { slot: -1 }, { slot: -1 }]
  const roster = new Roster<{ slot: number }>()
  for (const item of [a, b, c]) roster.add(item)
  let called = 0
  roster.forEach((item) => {
    called += 1
    roster.delete(item)
    roster.delete(a)
  })
  expect(roster.size).toBe(0)
  expect(called).toBeGreaterThanOrEqual(2)
})
