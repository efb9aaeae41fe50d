/** Hidden reasoning, in tokens, by effort. */
const REASONING: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 32,
  medium: 64,
  high: 192,
  xhigh: 384,
  max: 768,
}

export function reasoningTokensOf(effort: string): number {
  return REASONING[effort] ?? 0
}
