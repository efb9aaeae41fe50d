import { memoised } from '../../../lib/memoised.ts'

/**
 * What a Claude model takes, as far as its id tells: newer models refuse with a
 * 400 what older ones needed.
 * Source: Anthropic's pages on thinking, effort and structured outputs, and the
 * migration guides of Opus 5.5, Sonnet 5.5 and Haiku 5.5, read November 2026.
 */
export interface ClaudeTraits {
  /** How it is told to think; undefined: it cannot. */
  thinking: 'budget' | 'adaptive' | undefined
  /** How its thinking, which is on by default, is switched off; null: not at all; undefined: it is off until asked for. */
  thinkingOff: 'disabled' | 'between_tools' | null | undefined
  /** Thoughts come back empty unless they are asked for. */
  hidesThoughts: boolean
  efforts: readonly string[]
  /** Of temperature and top_p: both, one of them, or neither. */
  sampling: 'both' | 'one' | 'none'
  /** Whether a tool can be forced: never, unless it thinks, or always. */
  forcedTools: 'never' | 'unless-thinking' | 'always'
  /** Answers by a JSON Schema of itself. */
  schemas: boolean
  /** An output limit that every model of the generation takes; undefined where the generation is not known. */
  outputTokens: number | undefined
}

const UP_TO_MAX = ['low', 'medium', 'high', 'xhigh', 'max']
const WITHOUT_XHIGH = ['low', 'medium', 'high', 'max']

/** `claude-opus-4-5-20251101`, and so in Bedrock's ids; a day is not a minor version. */
const BY_FAMILY = /(opus|sonnet|haiku|fable|mythos)-(\d)(?:[-.](\d{1,2}))?(?!\d)/
/** `claude-3-7-sonnet-20250219` */
const BY_VERSION = /claude-(\d)(?:[-.](\d))?-(?:opus|sonnet|haiku)/

/** Family, and version as major × 100 + minor; 0 where the id tells none. */
const parse = memoised((model): { family: string; version: number } => {
  const named = BY_FAMILY.exec(model)
  if (named) return { family: named[1]!, version: Number(named[2]) * 100 + Number(named[3] ?? 0) }
  const old = BY_VERSION.exec(model)
  if (old) return { family: '', version: Number(old[1]) * 100 + Number(old[2] ?? 0) }
  return model.includes('mythos') ? { family: 'mythos', version: 500 } : { family: '', version: 0 }
})

function outputTokens(version: number): number | undefined {
  if (version === 0) return undefined
  if (version >= 405) return 64_000
  if (version >= 400) return 32_000
  if (version >= 307) return 64_000
  return version >= 305 ? 8_192 : 4_096
}

function thinkingOff(family: string, version: number): ClaudeTraits['thinkingOff'] {
  if (version < 500) return undefined
  if (family === 'fable' || family === 'mythos') return null
  if (version < 505 || family === 'haiku') return 'disabled'
  return family === 'sonnet' ? 'between_tools' : null
}

function forcedTools(family: string, version: number): ClaudeTraits['forcedTools'] {
  const since = family === 'fable' || family === 'mythos' ? 501 : family === 'haiku' ? Infinity : 505
  if (version >= since) return 'never'
  return version >= 408 ? 'always' : 'unless-thinking'
}

/** The traits of a model; one whose id is not known is treated like an old one that can think. */
export const claudeTraits = memoised((model): ClaudeTraits => {
  const { family, version } = parse(model)
  return {
    thinking: version >= 406 ? 'adaptive' : version === 0 || version >= 307 ? 'budget' : undefined,
    thinkingOff: thinkingOff(family, version),
    hidesThoughts: version >= 407,
    efforts: version >= 407 ? UP_TO_MAX : WITHOUT_XHIGH,
    sampling: version >= 407 ? 'none' : version >= 401 ? 'one' : 'both',
    forcedTools: forcedTools(family, version),
    schemas: version >= 405,
    outputTokens: outputTokens(version),
  }
})

/** Whether two ids name the same model, dated or not: a signature of thoughts is valid for that model alone. */
export function isSameClaude(one: string, other: string): boolean {
  if (one === other) return true
  const [a, b] = [parse(one), parse(other)]
  return a.version !== 0 && a.version === b.version && a.family === b.family
}
