import type { ErrorCode, Health } from '@turnout/contract'
import type { ProviderAdapter } from '../core/adapter.ts'
import type { Deployment, ProviderConnection } from '../core/deployment.ts'
import { ERRORS, TurnoutError } from '../core/error.ts'
import type { OriginPools } from '../lib/http/pools.ts'
import { tellSafely } from '../lib/redact.ts'
import type { Registry } from '../registry/types.ts'
import { inquire } from './inquiry.ts'
import type { AttemptObserver, AttemptVerdict } from './metering.ts'
import type { HealthService } from './types.ts'

/** Failures that say something about the provider; the others say something about the request. */
const PROVIDER_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'authentication',
  'billing',
  'connection',
  'invalid_output',
  'overloaded',
  'stream_interrupted',
  'timeout',
  'unknown_outcome',
  'upstream_error',
])

/** Further failures that are worth showing to whoever runs the server, although they make nobody down. */
const WORTH_SHOWING: ReadonlySet<ErrorCode> = new Set([
  ...PROVIDER_FAULTS,
  'rate_limit',
  'permission',
  'model_not_enabled',
])

/** So many failures in a row make a provider down; one success makes it up. */
const FAILURES_TO_BE_DOWN = 3
const PROBE_EVERY_MS = 60_000
const PROBE_TIMEOUT_MS = 5_000
const CONNECT_MS = 3_000

interface LastError {
  code: ErrorCode
  message: string
  /** Epoch milliseconds. */
  at: number
}

interface Signals {
  failures: number
  /** Of the last signal, in epoch milliseconds. */
  at: number
  lastError?: LastError
}

/** How a provider is, as far as it has been heard of. */
export interface ProviderHealth {
  /** Null where nothing has been heard. */
  reachable: boolean | null
  lastError: LastError | null
}

export interface HealthOptions {
  registry: Registry
  adapters: ReadonlyMap<string, ProviderAdapter>
  pools: OriginPools
  emulated: boolean
  ready: () => { ready: boolean; reason?: string }
}

/**
 * Judges providers by the attempts that were made anyway, and asks those that
 * have not been heard of for a minute how they are or which models they have,
 * which is free.
 */
export class HealthMonitor implements HealthService, AttemptObserver {
  readonly #options: HealthOptions
  readonly #signals = new Map<string, Signals>()
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  #stopping = false

  constructor(options: HealthOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.probe(), PROBE_EVERY_MS).unref()
  }

  attemptBegan(): void {}

  limitReached(): void {}

  attemptEnded({ provider }: Deployment, { errorCode }: AttemptVerdict): void {
    if (errorCode === 'canceled') return
    const signals = this.#signals.get(provider.id) ?? { failures: 0, at: 0 }
    signals.at = Date.now()
    if (errorCode === undefined) signals.failures = 0
    else if (PROVIDER_FAULTS.has(errorCode)) signals.failures += 1
    if (errorCode !== undefined && WORTH_SHOWING.has(errorCode)) {
      signals.lastError = { code: errorCode, message: ERRORS[errorCode].meaning, at: signals.at }
    }
    this.#signals.set(provider.id, signals)
  }

  /** Asks every configured provider that has been silent. Resolves when all have answered or failed. */
  async probe(): Promise<void> {
    const now = Date.now()
    const silent = [...this.#options.registry.snapshot.providers.values()].filter(
      ({ id }) => now - (this.#signals.get(id)?.at ?? 0) >= PROBE_EVERY_MS,
    )
    await Promise.all(silent.map((provider) => this.#ask(provider)))
  }

  async #ask(provider: ProviderConnection): Promise<void> {
    const adapter = this.#options.adapters.get(provider.adapter)
    const ask = adapter?.check ?? adapter?.listModels
    if (ask === undefined) return
    const { lastError } = this.#signals.get(provider.id) ?? {}
    try {
      await ask(inquire(provider, this.#options.pools, { timeoutMs: PROBE_TIMEOUT_MS, connectMs: CONNECT_MS }))
      this.#signals.set(provider.id, { failures: 0, at: Date.now(), lastError })
    } catch (error) {
      // Nobody else asked: this one answer decides. A list that a server does not have says nothing.
      const silence = `${provider.id} did not say how it is within ${PROBE_TIMEOUT_MS} ms.`
      const { code, message } = error instanceof TurnoutError ? error : { code: 'timeout' as const, message: silence }
      const failures = PROVIDER_FAULTS.has(code) ? FAILURES_TO_BE_DOWN : 0
      const at = Date.now()
      const secrets = [provider.credential, ...Object.values(provider.headers)]
      const told = WORTH_SHOWING.has(code) ? { code, message: tellSafely(message, secrets), at } : lastError
      this.#signals.set(provider.id, { failures, at, lastError: told })
    }
  }

  /** How one provider is. */
  of(provider: string): ProviderHealth {
    const signals = this.#signals.get(provider)
    if (signals === undefined) return { reachable: null, lastError: null }
    return { reachable: signals.failures < FAILURES_TO_BE_DOWN, lastError: signals.lastError ?? null }
  }

  read(): Health {
    const providers: Record<string, boolean> = {}
    for (const id of [...this.#options.registry.snapshot.providers.keys()].sort()) {
      providers[id] = (this.#signals.get(id)?.failures ?? 0) < FAILURES_TO_BE_DOWN
    }
    const total = Object.keys(providers).length
    const healthy = Object.values(providers).filter(Boolean).length
    return {
      status: healthy === total ? 'healthy' : healthy > 0 ? 'degraded' : 'unhealthy',
      timestamp: new Date().toISOString(),
      api: {
        status: this.#stopping ? 'stopping' : 'operational',
        uptime: Math.round((performance.now() - this.#startedAt) / 100) / 10,
      },
      providers,
      summary: { healthy, total, percentage: total === 0 ? 100 : Math.round((healthy / total) * 1000) / 10 },
      emulated: this.#options.emulated,
    }
  }

  ready(): { ready: boolean; reason?: string } {
    return this.#stopping ? { ready: false, reason: 'Turnout is stopping.' } : this.#options.ready()
  }

  /** From now on new requests should go elsewhere. */
  stopping(): void {
    this.#stopping = true
    clearInterval(this.#timer)
  }
}
