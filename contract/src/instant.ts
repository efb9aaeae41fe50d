import { z } from 'zod'

const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether a date, or a date and time, lies in the years 1 to 9999 of UTC, which PostgreSQL and JavaScript write alike. */
export function isInstant(text: string): boolean {
  const time = Date.parse(text)
  return !(time < FIRST || time > LAST)
}

export const INSTANT_RANGE = 'must lie in the years 1 to 9999'

/** A date and time with its zone, as requests give it. */
export const Instant = z.iso.datetime({ offset: true }).refine(isInstant, INSTANT_RANGE)
