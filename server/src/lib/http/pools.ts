import { Pool } from 'undici'

export interface PoolOptions {
  connectMs: number
  maxConnections: number
  /**
   * A new connection for every request. A kept one may be closed by the other
   * side just as the request leaves, and then nobody knows whether it arrived.
   */
  fresh?: boolean
}

/**
 * One connection pool per origin and setting, made when it is first needed.
 * Timeouts of answers belong to the caller, who knows what it waits for, so
 * undici's own are off.
 */
export class OriginPools {
  readonly #pools = new Map<string, Pool>()

  get(origin: string, options: PoolOptions): Pool {
    const key = `${origin} ${options.connectMs} ${options.maxConnections} ${options.fresh === true}`
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: options.maxConnections,
        connect: { timeout: options.connectMs },
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        allowH2: false,
      })
      this.#pools.set(key, pool)
    }
    return pool
  }

  /** Cuts every connection. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }
}

/** Errors that are raised before a single byte of the request has left. */
const NOT_DELIVERED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

/** The code of a network error, also of one that gathers the failures of several addresses. */
export function networkCode(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: { code?: unknown }[] }
  if (typeof code === 'string') return code
  const inner = errors?.[0]?.code
  return typeof inner === 'string' ? inner : 'UNKNOWN'
}

/** Whether it is certain that the other side has not seen the request. */
export const notDelivered = (code: string): boolean => NOT_DELIVERED.has(code)
