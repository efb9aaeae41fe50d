import type { Flags, Model, Timeouts } from '@turnout/contract'
import type { PreparedPrices } from './price.ts'
import type { ResolvedRetryPolicy } from './retry.ts'

export type ResolvedTimeouts = Required<Timeouts>

export const DEFAULT_TIMEOUTS: ResolvedTimeouts = {
  connectMs: 10_000,
  firstPartMs: 120_000,
  stallMs: 20_000,
  totalMs: 600_000,
}

/** A provider as configured: which adapter speaks to it, where, with which credential. */
export interface ProviderConnection {
  id: string
  /** Id of the adapter; several providers may share one. */
  adapter: string
  /** Without a trailing slash. */
  baseUrl: string
  /** The secret itself: never logged, never returned. */
  credential?: string
  region?: string
  headers: Readonly<Record<string, string>>
  flags: Readonly<Flags>
  /** What its adapter alone needs to know; those of the model have been laid over those of the provider. */
  settings: Readonly<Record<string, unknown>>
  /** Runs on a machine of the user's own: its calls cost nothing. */
  local: boolean
  /** The built-in emulator stands in for it. */
  emulated: boolean
  maxConnections: number
  /** How many media jobs may run at it at once; undefined: as many as at any provider. */
  maxJobs?: number | undefined
}

/** One upstream model at one endpoint through one credential, ready to be called. */
export interface Deployment {
  id: string
  model: Model
  upstreamId: string
  provider: ProviderConnection
  prices: PreparedPrices | null
  retry: ResolvedRetryPolicy
  timeouts: ResolvedTimeouts
}
