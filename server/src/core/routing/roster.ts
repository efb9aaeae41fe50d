import type { Candidate } from '../route.ts'
import { hashOf } from './rendezvous.ts'

/** What of the candidates of a route depends on nothing else: it is made once, so that a choice costs little among many. */
export interface Roster {
  /** One candidate of each kind. Those of a kind serve the same requests. */
  kinds: readonly Candidate[]
  /** Of which kind each candidate is, place by place. */
  kindOf: Uint32Array
  /** What its id comes to when lots are drawn, likewise. */
  hashes: Uint32Array
  weights: Float64Array
}

/** All that decides which requests a candidate serves: see `refusalOf`. */
const traitsOf = ({ deployment: { model }, when }: Candidate): string =>
  JSON.stringify([model.output, model.input, model.capabilities, model.limits, when])

function make(candidates: readonly Candidate[]): Roster {
  const places = new Map<string, number>()
  const kinds: Candidate[] = []
  const kindOf = new Uint32Array(candidates.length)
  for (const [place, candidate] of candidates.entries()) {
    const traits = traitsOf(candidate)
    const known = places.get(traits)
    kindOf[place] = known ?? kinds.length
    if (known !== undefined) continue
    places.set(traits, kinds.length)
    kinds.push(candidate)
  }
  return {
    kinds,
    kindOf,
    hashes: Uint32Array.from(candidates, ({ deployment }) => hashOf(deployment.id)),
    weights: Float64Array.from(candidates, ({ weight }) => weight),
  }
}

const known = new WeakMap<readonly Candidate[], Roster>()

export function rosterOf(candidates: readonly Candidate[]): Roster {
  let roster = known.get(candidates)
  if (roster === undefined) {
    roster = make(candidates)
    known.set(candidates, roster)
  }
  return roster
}
