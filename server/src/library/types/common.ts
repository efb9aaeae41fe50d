import type { CacheWish, Usage } from '@turnout/contract'

/** Where a call goes: to exactly one of a model, a pool and a role. */
export type Target = (
  | { /** By its id, an alias or `provider/id`. */ model: string; pool?: undefined; role?: undefined }
  | { pool: string; model?: undefined; role?: undefined }
  | { role: string; model?: undefined; pool?: undefined }
) & {
  /** What the answer is for; a role may have a pool of its own for it. */
  productType?: string
  /** What the conditions of a pool's members may look at. */
  metadata?: Readonly<Record<string, string>>
}

/** Where a call goes that is bound to a provider: one of its models, else the provider's first one of that kind. */
export interface BoundTarget {
  /** By its id, an alias or the provider's own name. */
  model?: string
}

export interface CallOptions {
  /** The end user, for the records of `onAttempt` and, of calls for text, for the provider's abuse checks. */
  user?: string
  /** Calls of one session go to the same member of a pool as long as it is well, for the sake of the provider's caches. */
  session?: string
  /**
   * How old an answer to the same call may be that is given again; a new one is kept for so long. `no-cache` asks
   * anew, `no-store` has nothing to do with the cache. Unless said: as the pool says, else as the options say.
   */
  cache?: CacheWish
  /** Ends the call, at the provider too; it rejects with `canceled`. */
  signal?: AbortSignal
}

/** What every answer says of how it came about. */
export interface Served {
  /** As in the records of `onAttempt`. */
  requestId: string
  /** Id of the model that answered. */
  model: string
  /** Id of its provider. */
  provider: string
  /** How many calls it took, failed ones included. */
  attempts: number
  /** The experiment that the call takes part in, and the variant it was given. */
  experiment?: string
  variant?: string
  usage: Usage
  /** US dollars as a decimal string; null when not known. What failed attempts cost is told to `onAttempt`. */
  cost: string | null
  /** Whether it is the answer to another call that was the same; absent where no cache was asked for. */
  cached?: boolean
  /** Settings that were left out or mapped, in whole sentences. */
  warnings: string[]
}

/** A picture: an http or https URL, a data URL with base64, or the bytes of a PNG, JPEG, WebP or GIF. */
export type PictureInput = string | URL | Uint8Array
