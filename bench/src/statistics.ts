/** The value below which the share `q` lies, of values in ascending order; NaN where there are none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * q))
  return sorted[at] ?? Number.NaN
}

/** The middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : quantile(sorted, 0.5)
}
