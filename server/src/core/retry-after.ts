type Headers = Readonly<Record<string, string | string[] | undefined>>

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/**
 * How long the upstream asks to wait, in milliseconds: the first of
 * `retry-after-ms`, and `retry-after` in seconds or as an HTTP date.
 */
export function readRetryAfter(headers: Headers, now: number = Date.now()): number | undefined {
  const milliseconds = Number(first(headers['retry-after-ms']) ?? Number.NaN)
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds
  const value = first(headers['retry-after'])?.trim()
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** What the upstream itself says of another try (`x-should-retry`, sent by OpenAI and Anthropic). */
export function readShouldRetry(headers: Headers): boolean | undefined {
  const value = first(headers['x-should-retry'])
  return value === 'true' ? true : value === 'false' ? false : undefined
}
