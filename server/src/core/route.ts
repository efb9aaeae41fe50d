import type {
  CacheRule,
  FallbackTrigger,
  Hedge,
  MemberCondition,
  Strategy,
  StreamRule,
  Validation,
} from '@turnout/contract'
import type { Deployment } from './deployment.ts'
import type { Assignment, Experiment } from './routing/experiment.ts'

/** A deployment that may serve requests of a route. */
export interface Candidate {
  deployment: Deployment
  weight: number
  when?: MemberCondition
}

/** A member that cannot be called at all, and why. */
export interface UnavailableMember {
  model: string
  reason: string
}

export interface FallbackPolicy {
  /** How many further candidates may be tried. */
  max: number
  on: Readonly<Record<FallbackTrigger, boolean>>
  deadlineMs: number | undefined
}

/**
 * Where a request may go: a single model, or the members of a pool in the
 * order of the configuration. Immutable and made once per snapshot.
 */
export interface Route {
  /** What answers and records call it: the model's id, `pool:fast`, `role:writer`. */
  name: string
  pool?: string
  role?: string
  productType?: string
  strategy: Strategy
  candidates: readonly Candidate[]
  unavailable: readonly UnavailableMember[]
  fallback: FallbackPolicy
  degrade: boolean
  /** When a second candidate is asked while the first has not begun. */
  hedge?: Hedge
  /** What the pool says of streams of text. */
  stream?: StreamRule
  /** What the pool says of keeping answers. */
  cache?: CacheRule
  /** What text answers must fulfil, by the pool and by the role. */
  validations?: readonly Validation[]
  /** What its pool divides requests among. */
  experiment?: Experiment
  /** It is that of a variant of an experiment. */
  assignment?: Assignment
  /** The retired model that was asked for, where another one stands in. */
  substitutedFor?: string
}

export const DEFAULT_FALLBACK: FallbackPolicy = {
  max: 3,
  on: {
    timeout: true,
    connection: true,
    rate_limit: true,
    overloaded: true,
    upstream_error: true,
    permission: true,
    billing: true,
    context_window: true,
    content_policy: false,
    invalid_output: true,
    empty_output: true,
    missing_field: true,
    invalid_structure: true,
    validator_hard_fail: true,
  },
  deadlineMs: undefined,
}
