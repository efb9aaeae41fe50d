type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * The pairs of headers by which providers say how much of a limit is left and
 * when it is whole again. Sources: OpenAI, Rate limits, "Rate limits in
 * headers"; Anthropic, Rate limits, "Response headers".
 */
const PAIRS: readonly (readonly [remaining: string, reset: string])[] = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
]

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time such as `1.5s`, `6m0s`, `120ms`, bare seconds, or a date; as epoch milliseconds. */
export function readReset(text: string, now: number): number | undefined {
  const trimmed = text.trim()
  if (/^\d+(\.\d+)?$/.test(trimmed)) return now + Number(trimmed) * 1000
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) {
    let sum = 0
    for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
      sum += Number(amount) * UNITS[unit!]!
    return now + sum
  }
  const date = Date.parse(trimmed)
  return Number.isNaN(date) ? undefined : date
}

/**
 * Until when a provider will refuse whatever is sent, in epoch milliseconds;
 * undefined while it says of no limit that nothing is left.
 */
export function exhaustedUntil(headers: Headers, now: number): number | undefined {
  let until: number | undefined
  for (const [remaining, reset] of PAIRS) {
    if (headers[remaining] !== '0') continue
    const at = headers[reset]
    const time = typeof at === 'string' ? readReset(at, now) : undefined
    if (time !== undefined && time > now && time > (until ?? 0)) until = time
  }
  return until
}
