/**
 * Rendezvous hashing: everybody who draws for the same key comes to the same
 * order, without any memory, and when a place goes or comes only those keys
 * move that had it or get it.
 */

/** A text as 32 bits (FNV-1a, whose last characters are mixed in by `scatter`). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return scatter(hash)
}

/** Every bit of the answer depends on every bit that is given (the finaliser of MurmurHash3). */
function scatter(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const draw = (key: number, place: number): number => scatter(Math.imul(key, 0x9e3779b1) ^ place)

/**
 * The lot that a place draws for a key; the smallest comes first. It is
 * exponentially distributed by the weight, so that each comes first as often
 * as it has weight. Weight 0 comes last.
 */
export function lotOf(key: number, place: number, weight: number): number {
  if (weight === 0) return Number.POSITIVE_INFINITY
  const uniform = (draw(key, place) + 0.5) / 2 ** 32
  return -Math.log(uniform) / weight
}

/** The same where all have one weight: it puts them in the same order, and takes no logarithm. */
export const evenLotOf = (key: number, place: number): number => -draw(key, place)
