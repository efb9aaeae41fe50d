import { createHash, randomBytes } from 'node:crypto'

/** A repeatable source of numbers: the same seed always gives the same sequence. */
export interface Random {
  /** A number from 0 up to but not including 1. */
  float(): number
  /** A whole number between both bounds, which belong to the range. */
  int(min: number, max: number): number
  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T
}

export function randomFrom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (min: number, max: number): number => min + Math.floor(float() * (max - min + 1))
  return {
    float,
    int,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('There is nothing to pick from.')
      return items[int(0, items.length - 1)] as T
    },
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A fresh identifier such as `chatcmpl-4fJ…`; unlike the content of an answer it differs every time. */
export function freshId(prefix: string, length: number): string {
  let id = prefix
  for (const byte of randomBytes(length)) id += LETTERS[byte % LETTERS.length]
  return id
}
