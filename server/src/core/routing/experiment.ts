import type { ExperimentUnit } from '@turnout/contract'
import { hashOf, lotOf } from './rendezvous.ts'

/** Whose request it is, as far as it says. */
export interface Identity {
  requestId: string
  /** Id of the virtual key; absent in a library. */
  keyId?: string | null | undefined
  /** The end user that the request names, else the owner of the key. */
  user?: string | null | undefined
  session?: string | undefined
}

/** What a pool divides its requests among. */
export interface Experiment {
  name: string
  by: ExperimentUnit
  variants: readonly Variant[]
}

export interface Variant {
  name: string
  weight: number
  /** A model, `pool:NAME` or `role:NAME`; undefined: the members of the pool itself. */
  to: string | undefined
}

/** The variant of a request, as answers and records tell it. */
export interface Assignment {
  experiment: string
  variant: string
}

const UNITS: Readonly<Record<ExperimentUnit, (identity: Identity) => string | null | undefined>> = {
  user: ({ user }) => user,
  session: ({ session }) => session,
  key: ({ keyId }) => keyId,
}

/**
 * The variant of a request: the same for the same unit as long as the
 * variants are the same, and of the others as many move as a change of
 * weights asks for. A request that does not say whose it is stands for itself.
 *
 * @param variants Those of the experiment that can be used; at least one.
 */
export function assign<V extends Variant>(experiment: Experiment, variants: readonly V[], identity: Identity): V {
  const unit = UNITS[experiment.by](identity) || identity.requestId
  const key = hashOf(`${experiment.name}\n${unit}`)
  let chosen = variants[0]!
  let smallest = Number.POSITIVE_INFINITY
  for (const variant of variants) {
    const lot = lotOf(key, hashOf(variant.name), variant.weight)
    if (lot >= smallest) continue
    smallest = lot
    chosen = variant
  }
  return chosen
}
