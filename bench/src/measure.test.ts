import { expect, test } from 'vitest'
import { parseStat } from './measure.ts'

test('reads parent and processor time of a process, whatever its name holds', () => {
  const stat = '4711 (node (a b) c) S 42 4711 4711 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 11 0 1 2 3'
  expect(parseStat(stat)).toEqual({ parent: 42, cpuMicros: 2_000_000 })
})
