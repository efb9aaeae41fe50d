import { expect, test } from 'vitest'
import { atLeast, atMost, formatFigure, formatSection, isReached, type Row } from './report.ts'

const row = (fields: Partial<Row>): Row => ({ what: 'cost', unit: 'µs', bare: null, turnout: 1, goal: null, ...fields })

test.each([
  ['a ratio at the limit', row({ bare: 40, turnout: 60, goal: atMost('ratio', 1.5) }), true],
  ['a ratio above the limit', row({ bare: 40, turnout: 61, goal: atMost('ratio', 1.5) }), false],
  ['a figure below the limit', row({ bare: 90, turnout: 44, goal: atMost('turnout', 45) }), true],
  ['a figure above the least', row({ turnout: 1.8, goal: atLeast('turnout', 1.7) }), true],
  ['a figure below the least', row({ turnout: 1.6, goal: atLeast('turnout', 1.7) }), false],
  ['no goal', row({ bare: 1, turnout: 9 }), null],
  ['a ratio to nothing', row({ goal: atMost('ratio', 1.5) }), null],
  ['a figure that could not be measured', row({ turnout: Number.NaN, goal: atMost('turnout', 150) }), null],
])('judges %s', (_, judged, reached) => {
  expect(isReached(judged)).toBe(reached)
})

test.each([
  [0.12345, '0.123'],
  [1.5, '1.5'],
  [39.96, '40'],
  [26_306.4, '26306'],
  [-0.01234, '-0.0123'],
])('writes %d as %s', (value, text) => {
  expect(formatFigure(value)).toBe(text)
})

test('writes a table with aligned columns, and the notes below it', () => {
  const rows = [
    row({ what: 'time per request', bare: 40, turnout: 62, goal: atMost('ratio', 1.5) }),
    row({ what: 'growth', unit: 'KB', turnout: 44.4, goal: atMost('turnout', 45) }),
  ]
  expect(formatSection({ title: 'requests', rows, notes: ['One machine.'] })).toBe(
    [
      'requests',
      '  what              unit  bare  turnout  ratio  goal         reached',
      '  time per request  µs      40       62   1.55  ratio ≤ 1.5  NO',
      '  growth            KB             44.4         ≤ 45 KB      yes',
      '  - One machine.',
    ].join('\n'),
  )
})
