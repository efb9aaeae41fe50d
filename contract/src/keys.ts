import { z } from 'zod'
import { Instant } from './instant.ts'

/** Ordered from the least to the most: each role may do what the ones before it may. */
export const ROLES = ['viewer', 'user', 'admin'] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>

export const KeyLimits = z.object({
  requestsPerMinute: z.int().positive().optional().describe('Requests that this key may make in one minute.'),
  jobs: z.int().positive().optional().describe('Media jobs of this key that may run at once.'),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe('Days that the outputs and uploads of this key are kept; absent: as the server is set up.'),
})
export type KeyLimits = z.infer<typeof KeyLimits>

/** A virtual key as it is listed: its secret is shown once, when it is created. */
export const VirtualKey = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the secret, to recognise it by.'),
  owner: z.string().nullable().describe('The user or team that the key was issued to.'),
  role: Role,
  limits: KeyLimits,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
export type VirtualKey = z.infer<typeof VirtualKey>

const PLAIN = /^\P{Cc}*$/u
const PLAIN_MESSAGE = 'must have no control characters'

export const CreateKey = z.strictObject({
  name: z.string().trim().min(1).max(100).regex(PLAIN, PLAIN_MESSAGE),
  owner: z.string().trim().min(1).max(200).regex(PLAIN, PLAIN_MESSAGE).nullish(),
  role: Role.default('user'),
  limits: z.strictObject(KeyLimits.shape).default({}),
  expiresAt: Instant.nullish().describe('When the key stops working. Absent: never.'),
})
export type CreateKey = z.infer<typeof CreateKey>

export const CreatedKey = VirtualKey.extend({
  secret: z.string().describe('The virtual key itself. It is stored as a hash and never shown again.'),
})
export type CreatedKey = z.infer<typeof CreatedKey>
