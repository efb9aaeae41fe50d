import type { CreatedKey, CreateKey, KeyLimits, Role, VirtualKey } from '@turnout/contract'

/** Who makes a request. */
export interface Principal {
  keyId: string
  name: string
  owner: string | null
  role: Role
  limits: KeyLimits
  /** Epoch milliseconds; Infinity for never. */
  expiresAt: number
}

export interface Keys {
  /**
   * Who owns a secret. Known keys are answered at once from memory.
   * @throws TurnoutError authentication; overloaded (503) for an unknown key while the database cannot be asked
   */
  authenticate(secret: string | undefined): Principal | Promise<Principal>
  create(input: CreateKey): Promise<CreatedKey>
  list(options: { cursor?: string; limit: number }): Promise<{ items: VirtualKey[]; nextCursor: string | null }>
  /** Effective at once here, within seconds elsewhere. @throws TurnoutError not_found */
  revoke(id: string): Promise<VirtualKey>
  close(): Promise<void>
}

/** The state of a limit after a request was counted. */
export interface LimitState {
  allowed: boolean
  limit: number
  remaining: number
  /** Until the window ends, in milliseconds. */
  resetMs: number
}

/** Counts requests per key and minute, over all workers of the machine. */
export interface RequestLimiter {
  /** Undefined where the key has no limit. Mostly synchronous; a promise when other workers must be asked. */
  take(principal: Principal, defaultPerMinute: number | undefined): LimitState | undefined | Promise<LimitState>
}
