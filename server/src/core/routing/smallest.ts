/** Keys of places, at the same position as the place; of use until the next ones are asked for. */
let keys = new Float64Array(64)

/** Room for the keys of so many places, which is made once: it is needed again with every request. */
export function room(length: number): Float64Array {
  if (keys.length < length) keys = new Float64Array(length)
  return keys
}

/**
 * The places with the smallest keys, in order; among equals the order stays.
 * Linear while few are wanted of many.
 *
 * @param keys Position by position.
 * @param least No key is smaller: as soon as enough places have it, no other one is looked at.
 */
export function smallest(
  places: readonly number[],
  keys: Float64Array,
  limit: number,
  least = Number.NEGATIVE_INFINITY,
): number[] {
  const chosen: number[] = []
  for (let at = 0; at < places.length; at += 1) {
    const key = keys[at]!
    let to = chosen.length
    if (to === limit) {
      const largest = keys[chosen[limit - 1]!]!
      if (key >= largest) {
        if (largest <= least) break
        continue
      }
      to -= 1
    }
    for (; to > 0 && keys[chosen[to - 1]!]! > key; to -= 1) chosen[to] = chosen[to - 1]!
    chosen[to] = at
  }
  return chosen.map((at) => places[at]!)
}

/** The same by a key of each place. */
export function smallestBy(
  places: readonly number[],
  keyOf: (place: number) => number,
  limit: number,
  least?: number,
): number[] {
  const keys = room(places.length)
  for (let at = 0; at < places.length; at += 1) keys[at] = keyOf(places[at]!)
  return smallest(places, keys, limit, least)
}
