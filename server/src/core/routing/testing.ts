import type { Model } from '@turnout/contract'
import { DEFAULT_TIMEOUTS, type Deployment } from '../deployment.ts'
import { preparePrices } from '../price.ts'
import { DEFAULT_RETRY } from '../retry.ts'
import { type Candidate, DEFAULT_FALLBACK, type Route } from '../route.ts'
import type { Needs } from './needs.ts'

type Change = Partial<Omit<Model, 'id' | 'prices'>> & { usd?: string; local?: boolean }

/** A deployment of a model that makes text, but for what is said otherwise. */
export function deploymentOf(id: string, { usd, local = false, ...change }: Change = {}): Deployment {
  const rates = [{ unit: 'outputToken' as const, usd: usd ?? '1', per: 1_000_000 }]
  return {
    id,
    model: {
      id,
      name: id,
      aliases: [],
      provider: 'house',
      upstreamId: id,
      input: ['text'],
      output: ['text'],
      capabilities: {},
      limits: {},
      prices: null,
      defaults: {},
      lifecycle: { status: 'active' },
      enabled: true,
      tags: [],
      flags: {},
      settings: {},
      retry: {},
      timeouts: {},
      provenance: { layer: 'file', overrides: [], fields: {} },
      available: true,
      ...change,
    },
    upstreamId: id,
    provider: {
      id: 'house',
      adapter: 'house',
      baseUrl: 'http://localhost',
      headers: {},
      flags: {},
      settings: {},
      local,
      emulated: false,
      maxConnections: 1,
    },
    prices: usd === undefined ? null : preparePrices({ rates, source: 'the test', asOf: '2026-01-01' }),
    retry: DEFAULT_RETRY,
    timeouts: DEFAULT_TIMEOUTS,
  }
}

export const candidateOf = (
  id: string,
  change: Change = {},
  { weight = 1, when }: Partial<Candidate> = {},
): Candidate => ({ deployment: deploymentOf(id, change), weight, ...(when && { when }) })

export const routeOf = (candidates: readonly Candidate[], change: Partial<Route> = {}): Route => ({
  name: 'pool:test',
  pool: 'test',
  strategy: 'priority',
  candidates,
  unavailable: [],
  fallback: DEFAULT_FALLBACK,
  degrade: false,
  ...change,
})

export const NEEDS: Needs = {
  output: 'text',
  input: ['text'],
  capabilities: [],
  streamed: false,
  inputTokens: 100,
  metadata: {},
}

/** Numbers in [0, 1) that are the same in every run (a linear congruential generator). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
