/** A text that is JSON after all, and what had to be done for it, in whole sentences. */
export interface Repaired {
  text: string
  repairs: string[]
}

const FENCE_GONE = 'A code fence around the JSON was taken off.'
const TEXT_GONE = 'Text around the JSON was taken off.'
const COMMA_GONE = 'A comma before the end of an object or a list was taken out.'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Where a string ends that begins with the quote at `from`; the end of the text where it does not. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  return text.length
}

/** Without the commas that stand before a closing bracket, outside of strings. */
function withoutTrailingCommas(text: string): string {
  let kept = ''
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === ',') {
      let next = at + 1
      while (next < text.length && ' \t\r\n'.includes(text[next]!)) next += 1
      if (text[next] !== '}' && text[next] !== ']') continue
      kept += text.slice(from, at)
      from = at + 1
    }
  }
  return kept + text.slice(from)
}

/** The only object in a text, from its first brace to the one that closes it; undefined where there are several or none. */
function onlyObject(text: string): string | undefined {
  const start = text.indexOf('{')
  if (start === -1) return undefined
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === '{') depth += 1
    else if (character === '}') {
      depth -= 1
      if (depth > 0) continue
      // Of what comes after a second object, nobody knows which of the two is the answer.
      return text.includes('{', at) ? undefined : text.slice(start, at + 1)
    }
  }
  return undefined
}

/** What stands between the only two fences of a text, each on a line of its own; undefined where there is no such block. */
function onlyBlock(text: string): { inner: string; around: boolean } | undefined {
  const lines = text.trim().split('\n')
  const fences = lines.flatMap((line, index) => (line.trimStart().startsWith('```') ? [index] : []))
  const [open, close] = fences
  if (open === undefined || close === undefined || fences.length > 2) return undefined
  if (!/^```[\w-]*$/.test(lines[open]!.trim()) || lines[close]!.trim() !== '```') return undefined
  const inner = lines
    .slice(open + 1, close)
    .join('\n')
    .trim()
  return { inner, around: open > 0 || close < lines.length - 1 }
}

/** The text without what is around the JSON; undefined where nothing is. */
function unwrap(text: string): Repaired | undefined {
  const block = onlyBlock(text)
  if (block) return { text: block.inner, repairs: block.around ? [FENCE_GONE, TEXT_GONE] : [FENCE_GONE] }
  const object = onlyObject(text)
  return object === undefined || object === text.trim() ? undefined : { text: object, repairs: [TEXT_GONE] }
}

/**
 * A text that was to be JSON and is not, made JSON where that takes nothing
 * but leaving out what cannot be part of it: a code fence, words around the
 * only object, a comma too many. Nothing is ever added or chosen; undefined
 * where that would be needed.
 */
export function repairJson(text: string): Repaired | undefined {
  for (const candidate of [{ text: text.trim(), repairs: [] }, unwrap(text)]) {
    if (candidate === undefined) return undefined
    if (isJson(candidate.text)) return candidate
    const cleaned = withoutTrailingCommas(candidate.text)
    if (cleaned !== candidate.text && isJson(cleaned)) {
      return { text: cleaned, repairs: [...candidate.repairs, COMMA_GONE] }
    }
  }
  return undefined
}
