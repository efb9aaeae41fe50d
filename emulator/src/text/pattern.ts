import type { Random } from '../random.ts'

/** A pattern that uses more of the syntax than the generator knows. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

const ANY = 'abcdefghijklmnopqrstuvwxyz0123456789'
const CLASSES: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_',
  s: ' ',
  t: '\t',
  n: '\n',
  D: 'abcdefghijklmnopqrstuvwxyz',
  W: '-',
  S: ANY,
}

/** How far `*`, `+` and `{n,}` go beyond their minimum. */
const REACH = 4

const MAX_LENGTH = 20_000

class Reader {
  readonly #source: string
  readonly #random: Random
  #at = 0

  constructor(source: string, random: Random) {
    this.#source = source
    this.#random = random
  }

  /** One of the alternatives up to the end or a closing parenthesis. */
  alternatives(): string {
    const options = [this.#sequence()]
    while (this.#peek() === '|') {
      this.#at++
      options.push(this.#sequence())
    }
    return this.#random.pick(options)
  }

  finish(): void {
    if (this.#at < this.#source.length) throw new PatternError('The pattern has an unmatched parenthesis.')
  }

  #peek(): string | undefined {
    return this.#source[this.#at]
  }

  #take(): string {
    const taken = this.#source[this.#at++]
    if (taken === undefined) throw new PatternError('The pattern ends too early.')
    return taken
  }

  #sequence(): string {
    let text = ''
    while (this.#peek() !== undefined && this.#peek() !== '|' && this.#peek() !== ')') {
      const start = this.#at
      let piece = this.#atom()
      const end = this.#at
      const times = this.#quantifier()
      if (times === undefined) {
        text += piece
        continue
      }
      const after = this.#at
      for (let count = 0; count < times; count++) {
        text += piece
        if (text.length > MAX_LENGTH) throw new PatternError('The pattern makes strings that are too long.')
        this.#at = start
        piece = this.#atom()
        this.#at = end
      }
      this.#at = after
    }
    return text
  }

  #quantifier(): number | undefined {
    const sign = this.#peek()
    if (sign === '?' || sign === '*' || sign === '+') {
      this.#at++
      this.#lazy()
      return sign === '?' ? this.#random.int(0, 1) : this.#random.int(sign === '+' ? 1 : 0, REACH)
    }
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at))
    if (!braces) return undefined
    this.#at += braces[0].length
    this.#lazy()
    const min = Number(braces[1])
    const max = braces[2] === undefined ? min : braces[3] ? Number(braces[3]) : min + REACH
    return this.#random.int(min, Math.min(max, MAX_LENGTH))
  }

  #lazy(): void {
    if (this.#peek() === '?') this.#at++
  }

  #atom(): string {
    const sign = this.#take()
    if (sign === '^' || sign === '$') return ''
    if (sign === '.') return this.#random.pick([...ANY])
    if (sign === '[') {
      const members = [...this.#characterClass()]
      if (members.length === 0) throw new PatternError('The pattern has a class that nothing belongs to.')
      return this.#random.pick(members)
    }
    if (sign === '(') return this.#group()
    if (sign === '\\') return this.#escaped()
    return sign
  }

  #escaped(): string {
    const letter = this.#take()
    if (letter === 'b' || letter === 'B') return ''
    if (/[\dkpPuxc]/.test(letter)) throw new PatternError(`The pattern uses \\${letter}.`)
    return this.#random.pick([...(CLASSES[letter] ?? letter)])
  }

  #group(): string {
    if (this.#peek() === '?') {
      const opening = /^\?(:|<[a-zA-Z]\w*>)/.exec(this.#source.slice(this.#at))
      if (!opening) throw new PatternError('The pattern looks ahead or behind.')
      this.#at += opening[0].length
    }
    const text = this.alternatives()
    if (this.#take() !== ')') throw new PatternError('The pattern has an unmatched parenthesis.')
    return text
  }

  #characterClass(): string {
    const negated = this.#peek() === '^'
    if (negated) this.#at++
    let members = ''
    for (let sign = this.#take(); sign !== ']'; sign = this.#take()) {
      const from = sign === '\\' ? this.#classEscape() : sign
      if (this.#peek() !== '-' || this.#source[this.#at + 1] === ']' || from.length > 1) {
        members += from
        continue
      }
      this.#at++
      const to = this.#take()
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) members += String.fromCharCode(code)
    }
    if (!negated) return members
    return [...ANY, '-', ' '].filter((letter) => !members.includes(letter)).join('')
  }

  #classEscape(): string {
    const letter = this.#take()
    return CLASSES[letter] ?? letter
  }
}

/**
 * A string that matches a regular expression of the common kind: literals,
 * classes, groups, alternatives and repetition.
 *
 * @throws PatternError where the pattern needs more than that.
 */
export function stringFor(pattern: string, random: Random): string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const reader = new Reader(pattern, random)
    const text = reader.alternatives()
    reader.finish()
    if (new RegExp(pattern, 'u').test(text)) return text
  }
  throw new PatternError('No matching string was found.')
}
