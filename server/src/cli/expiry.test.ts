import { expect, it } from 'vitest'
import { UsageError } from './command.ts'
import { parseExpiry } from './expiry.ts'

const NOW = Date.parse('2030-01-01T00:00:00.000Z')

it.each([
  ['90m', '2030-01-01T01:30:00.000Z'],
  ['12h', '2030-01-01T12:00:00.000Z'],
  ['31d', '2030-02-01T00:00:00.000Z'],
  ['2030-01-31', '2030-01-31T00:00:00.000Z'],
  ['2030-01-31T12:00Z', '2030-01-31T12:00:00.000Z'],
  ['2030-01-31T12:00:00+02:00', '2030-01-31T10:00:00.000Z'],
])('reads %s', (text, expected) => expect(parseExpiry(text, NOW)).toBe(expected))

it.each(['', 'soon', '30', '30w', '-1d', '0d', '2030-13-01', '2029-12-31', '1e3d', '9999999d', '2030-01-31T12:00:00'])(
  'refuses %j',
  (text) => expect(() => parseExpiry(text, NOW)).toThrow(UsageError),
)
