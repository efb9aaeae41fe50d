/** Something that can stand in a roster; it knows its place, -1 for none. */
export interface Enrolled {
  slot: number
}

/**
 * A set for things that come and go thousands of times a second. A `Set` makes
 * a new table every few dozen additions, and the dead tables, once they are
 * old, keep alive whatever they held until the next full collection: every
 * request would be copied and promoted by the collector, which measured costs
 * as much processor time as serving it.
 */
export class Roster<T extends Enrolled> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    if (item.slot !== -1) return
    item.slot = this.#items.length
    this.#items.push(item)
  }

  delete(item: T): void {
    const { slot } = item
    if (slot === -1) return
    const last = this.#items.pop()!
    if (last !== item) {
      this.#items[slot] = last
      last.slot = slot
    }
    item.slot = -1
  }

  /** Calls for each; what is called may take any of them out. */
  forEach(visit: (item: T) => void): void {
    for (let i = this.#items.length - 1; i >= 0; i -= 1) {
      const item = this.#items[i]
      if (item !== undefined) visit(item)
    }
  }
}
