import type { Usage } from '@turnout/contract'

export function addUsage(usages: readonly Usage[]): Usage {
  const sum: Usage = {}
  for (const usage of usages) {
    for (const name of Object.keys(usage) as (keyof Usage)[]) {
      const amount = usage[name]
      if (amount !== undefined) sum[name] = (sum[name] ?? 0) + amount
    }
  }
  return sum
}

/** The sum of costs in nano-dollars; null where one of them is not known. */
export const addCosts = (costs: readonly (bigint | null)[]): bigint | null =>
  costs.reduce<bigint | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0n)
