/** Longer strings are not held against a pattern: matching may take the square of their length. */
const LONGEST = 10_000

const UNBOUNDED = /[*+]|\{\d+,\}/g

/** The pattern without what is literal: escaped characters and the insides of character classes. */
const bare = (pattern: string): string => pattern.replace(/\\[^1-9k]/g, 'x').replace(/\[[^\]]*\]/g, 'x')

/**
 * Whether matching is certain to end soon whatever the text. Patterns come
 * from strangers, and so, by way of a prompt, do the texts: a repeated group,
 * a reference back or several open repetitions could hold the process for
 * years.
 */
export function isTame(pattern: string): boolean {
  const text = bare(pattern)
  if (/\)[*+{]|\\[1-9k]|\(\?[=!<]/.test(text)) return false
  return (text.match(UNBOUNDED)?.length ?? 0) <= (text.startsWith('^') ? 2 : 1)
}

interface Matcher {
  test(text: string): boolean
  toString(): string
}

/** The engine that schemas are compiled with. @throws Error for a pattern that is wild or not valid */
export function tamePattern(pattern: string): Matcher {
  if (!isTame(pattern)) throw new Error(`the pattern ${JSON.stringify(pattern)} may take too long to match`)
  const expression = new RegExp(pattern, 'u')
  return {
    test: (text) => text.length > LONGEST || expression.test(text),
    toString: () => pattern,
  }
}
