import { UsageError } from './command.ts'

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * When a key expires: an ISO date (its first moment, UTC) or date and time,
 * or a span from now such as `30d`, `12h` or `90m`.
 * @param now Epoch milliseconds.
 * @returns ISO date and time
 * @throws UsageError
 */
export function parseExpiry(text: string, now: number): string {
  const span = /^(\d{1,6})([mhd])$/.exec(text)
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
  const time = span ? now + Number(span[1]) * UNITS[span[2]!]! : iso ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) {
    throw new UsageError(
      `--expires must be a span such as 30d, 12h or 90m, or a date such as 2030-01-31 or 2030-01-31T12:00:00Z, not "${text}".`,
    )
  }
  if (time <= now) throw new UsageError(`--expires must lie in the future, not "${text}".`)
  return new Date(time).toISOString()
}
