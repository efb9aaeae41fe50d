import { isTame } from '../structured/pattern.ts'
import { within } from '../structured/within.ts'

/** How long one answer may be held against one pattern. */
const MATCH_MS = 100

/** What is wrong with a pattern: it is no regular expression, or its matching may not end. Undefined where it can be used. */
export function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u')
  } catch {
    return 'must be a regular expression in the syntax of JavaScript with the flag u'
  }
  if (isTame(pattern)) return undefined
  return 'may take too long to match: it must not repeat a group, look around or refer back, and must have at most one of *, + and {n,}, or two behind a ^ at its beginning'
}

/**
 * The engine for schemas of those who may write any pattern, and whose texts
 * come from everybody: what takes too long to match does not.
 *
 * @throws SyntaxError
 */
export function endingPattern(pattern: string): { test(text: string): boolean } {
  const expression = new RegExp(pattern, 'u')
  return isTame(pattern) ? expression : { test: (text) => matches(pattern, text) === true }
}

/** Whether an answer has what the pattern asks for; undefined where that takes too long, which is then given up, or cannot be told. */
export function matches(pattern: string, text: string): boolean | undefined {
  try {
    const expression = new RegExp(pattern, 'u')
    return within(MATCH_MS, () => expression.test(text))
  } catch {
    return undefined
  }
}
