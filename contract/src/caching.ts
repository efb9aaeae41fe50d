import { z } from 'zod'

/** 30 days. */
const MOST_SECONDS = 30 * 24 * 3600

const TtlSeconds = z.int().min(1).max(MOST_SECONDS)

/** Whether the answers of a pool are kept, for requests that are the same to the letter. */
export const CacheRule = z.strictObject({
  ttlSeconds: TtlSeconds.describe('How long an answer is given again.'),
  shared: z
    .boolean()
    .default(false)
    .describe('Whether one virtual key may be given what another one asked for; each has its own answers unless so.'),
})
export type CacheRule = z.infer<typeof CacheRule>

/** What a request wants of the cache. */
export const CacheWish = z
  .union([z.strictObject({ ttlSeconds: TtlSeconds }), z.enum(['no-cache', 'no-store'])])
  .describe(
    'An answer that is no older may be given, and a new one is kept for so long. ' +
      'no-cache: asks anew, and keeps the answer by the rule of the pool. no-store: has nothing to do with the cache.',
  )
export type CacheWish = z.infer<typeof CacheWish>

/** `hit`: an answer that was kept. `shared`: that of the same request, which was under way. `miss`: neither. */
export const CACHE_STATUSES = ['hit', 'miss', 'shared'] as const
export type CacheStatus = (typeof CACHE_STATUSES)[number]
