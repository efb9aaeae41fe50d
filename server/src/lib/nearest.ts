/** Names are compared up to here, so that a long one costs no more than a model's id may. */
const MAX_LENGTH = 64
const MIN_LIKENESS = 0.4

/** Up to three of the names that are most like the one that nobody has. */
export function nearestNames(name: string, candidates: Iterable<string>): string[] {
  const wanted = essence(name)
  return [...candidates]
    .map((candidate) => ({ candidate, likeness: likeness(wanted, candidate) }))
    .filter((scored) => scored.likeness >= MIN_LIKENESS)
    .sort((a, b) => b.likeness - a.likeness || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map((scored) => scored.candidate)
}

/** What remains when case and punctuation are forgotten. */
const essence = (name: string): string =>
  name
    .slice(0, MAX_LENGTH)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

/** From 0 to 1; the part after the last slash may be all that somebody remembers. */
function likeness(wanted: string, candidate: string): number {
  const whole = compare(wanted, essence(candidate))
  const slash = candidate.lastIndexOf('/')
  return slash === -1 ? whole : Math.max(whole, compare(wanted, essence(candidate.slice(slash + 1))))
}

function compare(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  const longer = Math.max(a.length, b.length)
  if (shorter === 0) return 0
  // Lengths that differ so much leave nothing to find out.
  const edits = shorter / longer < MIN_LIKENESS ? 0 : 1 - distance(a, b) / longer
  let prefix = 0
  while (prefix < a.length && a[prefix] === b[prefix]) prefix += 1
  // One that begins with the whole of the other is near, however much longer it is.
  return Math.max(edits, prefix >= 3 && prefix === shorter ? 0.5 + edits / 2 : 0)
}

/** How many letters must be inserted, removed, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforeLast[j - 2]! + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
