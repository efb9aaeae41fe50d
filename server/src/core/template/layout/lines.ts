import type { Extent, Typeface } from './typeface.ts'

/** What is not broken, with what stands between it and the word before. */
interface Word {
  text: string
  extent: Extent
  spaced: boolean
  /** From where the word before ends to where this one begins. */
  join: number
}

/** A text ready to be broken into lines of any width; all lengths are in units of the font size. */
export interface Prepared {
  paragraphs: readonly (readonly Word[])[]
  /** Of the widest word. */
  widest: number
  face: Typeface
  letterSpacing: number
}

export interface Line {
  text: string
  extent: Extent
}

/** Spaces at which a line may be broken: no-break spaces are none of them. */
const SPACES = /[\t \u1680\u2000-\u2006\u2008-\u200b\u205f\u3000]+/
/** A line may also be broken after these, where a word goes on. */
const AFTER_DASH = /(?<=[\p{L}\p{N}][-\u2010\u2012-\u2014/])(?=[\p{L}\p{N}])/u
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

export const widthOf = ({ left, right }: Extent): number => Math.max(0, right - left)

const NOTHING: Extent = { advance: 0, left: 0, right: 0, top: 0, bottom: 0 }

const joined = (before: Extent, { extent, join }: Word): Extent => ({
  advance: before.advance + join + extent.advance,
  left: before.left,
  right: Math.max(before.right, before.advance + join + extent.right),
  top: Math.max(before.top, extent.top),
  bottom: Math.max(before.bottom, extent.bottom),
})

export function prepare(text: string, face: Typeface, letterSpacing: number): Prepared {
  let widest = 0
  const measure = (part: string) => face.measure(part, letterSpacing)
  const paragraphs = text.split(/\r\n|[\n\r\u2028\u2029]/).map((paragraph) => {
    const words: Word[] = []
    for (const part of paragraph.split(SPACES)) {
      if (part === '') continue
      for (const [index, piece] of part.split(AFTER_DASH).entries()) {
        const before = words.at(-1)
        const spaced = index === 0
        const extent = measure(piece)
        const both = before && measure(`${before.text}${spaced ? ' ' : ''}${piece}`).advance
        const join = before && both !== undefined ? both - before.extent.advance - extent.advance : 0
        widest = Math.max(widest, widthOf(extent))
        words.push({ text: piece, extent, spaced, join })
      }
    }
    return words
  })
  return { paragraphs, widest, face, letterSpacing }
}

/** A word in pieces that are no wider than the width; undefined where not even one character is. */
function pieces(word: Word, { face, letterSpacing }: Prepared, width: number): Word[] | undefined {
  const found: Word[] = []
  let text = ''
  const add = () => {
    const first = found.length === 0
    found.push({
      text,
      extent: face.measure(text, letterSpacing),
      spaced: first && word.spaced,
      // Every other piece begins a line: with its first character the one before would be too wide.
      join: first ? word.join : Number.POSITIVE_INFINITY,
    })
  }
  for (const { segment } of graphemes.segment(word.text)) {
    if (widthOf(face.measure(segment, letterSpacing)) > width) return undefined
    if (text !== '' && widthOf(face.measure(text + segment, letterSpacing)) > width) {
      add()
      text = ''
    }
    text += segment
  }
  if (text !== '') add()
  return found
}

/**
 * The text in lines no wider than the width. Undefined where a word is wider
 * and words are not to be broken, or where a character is wider.
 */
export function breakLines(prepared: Prepared, width: number, breakWords: boolean): Line[] | undefined {
  if (!breakWords && prepared.widest > width) return undefined
  const lines: Line[] = []
  for (const paragraph of prepared.paragraphs) {
    let text = ''
    let extent: Extent = NOTHING
    const close = () => {
      lines.push({ text, extent })
      text = ''
      extent = NOTHING
    }
    for (const whole of paragraph) {
      const parts = widthOf(whole.extent) > width ? pieces(whole, prepared, width) : [whole]
      if (parts === undefined) return undefined
      for (const word of parts) {
        if (text !== '' && extent.advance + word.join + word.extent.right - extent.left > width) close()
        extent = text === '' ? word.extent : joined(extent, word)
        text += `${text !== '' && word.spaced ? ' ' : ''}${word.text}`
      }
    }
    close()
  }
  return lines
}

/** As many lines as before, but of about the same length. */
export function balanceLines(prepared: Prepared, lines: Line[], width: number): Line[] {
  if (lines.length < 2 || lines.length > 8) return lines
  let [narrow, wide] = [Math.max(prepared.widest, width / lines.length / 2), width]
  let best = lines
  for (let step = 0; step < 10; step += 1) {
    const middle = (narrow + wide) / 2
    const tried = breakLines(prepared, middle, false)
    if (tried && tried.length <= lines.length) {
      best = tried
      wide = middle
    } else narrow = middle
  }
  return best
}

/** The first lines, the last of which tells by an ellipsis that there were more. */
export function cutLines({ face, letterSpacing }: Prepared, lines: Line[], most: number, width: number): Line[] {
  const kept = lines.slice(0, most)
  const parts = [...graphemes.segment(kept.at(-1)?.text ?? '')].map(({ segment }) => segment)
  for (let count = parts.length; count >= 0; count -= 1) {
    const text = `${parts.slice(0, count).join('').trimEnd()}…`
    const extent = face.measure(text, letterSpacing)
    if (widthOf(extent) <= width) return [...kept.slice(0, -1), { text, extent }]
  }
  return []
}
