import type { InputProblem } from '../../input.ts'
import type { ResolvedComposition } from '../resolve.ts'
import { textsOf } from './index.ts'
import { wordsOf } from './stack.ts'
import type { Typefaces } from './typeface.ts'

const MOST_NAMED = 12

const named = (characters: readonly string[]): string => {
  const shown = characters.slice(0, MOST_NAMED).map((character) => JSON.stringify(character))
  const rest = characters.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/**
 * What of a composition's texts cannot be written. Without a letter a word is
 * misspelt, so that is a problem; other characters are left out, with a
 * warning. It also keeps out all scripts that run from right to left or join
 * their letters: no font that is shipped has them.
 */
export function checkCharacters(
  composition: ResolvedComposition,
  typefaces: Typefaces,
): { problems: InputProblem[]; warnings: string[] } {
  const problems: InputProblem[] = []
  const warnings: string[] = []
  for (const layer of textsOf(composition.layers)) {
    const words = wordsOf(layer)
    const missing = typefaces(layer).missing(words)
    const letters = missing.filter((character) => /[\p{L}\p{N}]/u.test(character))
    const others = missing.filter((character) => !letters.includes(character))
    const marks = [...new Set(words.match(/\p{M}/gu) ?? [])].filter((mark) => !missing.includes(mark))
    if (letters.length > 0) {
      problems.push({
        path: `composition.${layer.path}.text`,
        message: `has letters that the font ${layer.font} does not have: ${named(letters)}; it has those of the Latin, Greek and Cyrillic alphabets`,
      })
    }
    if (others.length > 0) {
      warnings.push(`${layer.path}: the font ${layer.font} does not have ${named(others)}, which was left out`)
    }
    if (marks.length > 0) {
      warnings.push(`${layer.path}: ${named(marks)} may stand at a wrong place, because no letter has it built in`)
    }
  }
  return { problems, warnings }
}
