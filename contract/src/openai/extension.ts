import { z } from 'zod'
import { CacheWish } from '../caching.ts'
import { StreamRule } from '../streaming.ts'
import { Validation } from '../validation.ts'

/** What a request of OpenAI's dialect may ask of Turnout itself, as its field `turnout`. It does not go upstream. */
export const TurnoutExtension = z.strictObject({
  stream: StreamRule.optional().describe('How a stream is given; of a pool, instead of what the pool says.'),
  cache: CacheWish.optional().describe(
    'Whether the answer may be one that was kept; the header x-turnout-cache says the same.',
  ),
  degrade: z
    .boolean()
    .optional()
    .describe(
      'Whether something of the request may be given up where that lets somebody serve it, instead of what the pool says. It is told.',
    ),
  validate: Validation.optional().describe('What the answer must fulfil besides what its pool and its role ask for.'),
})
export type TurnoutExtension = z.infer<typeof TurnoutExtension>

/** The same for requests for something else than text. */
export const CacheExtension = TurnoutExtension.pick({ cache: true })
