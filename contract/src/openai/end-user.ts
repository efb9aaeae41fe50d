import { z } from 'zod'

/** Who uses the client's application; every attempt is recorded under that name. */
export const EndUser = z.string().max(512)
