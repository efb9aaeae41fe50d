import { z } from 'zod'
import { ErrorCode } from './errors.ts'

/** What every failing `/api` route answers. */
export const Failure = z.object({
  success: z.literal(false),
  error: z.object({
    code: ErrorCode,
    message: z.string(),
    details: z.unknown().optional().describe('What exactly was wrong: for invalid input, one entry per field.'),
    requestId: z.string(),
  }),
})
export type Failure = z.infer<typeof Failure>

/** What every succeeding `/api` route answers. */
export const success = <T extends z.ZodType>(data: T) => z.object({ success: z.literal(true), data })

/** What every `/api` route that lists things answers; `nextCursor` is null on the last page. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ success: z.literal(true), data: z.array(item), nextCursor: z.string().nullable() })
