import { z } from 'zod'

export const Health = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  timestamp: z.iso.datetime(),
  api: z.object({
    status: z.enum(['operational', 'stopping']),
    uptime: z.number().describe('Seconds since start.'),
  }),
  providers: z.record(z.string(), z.boolean()).describe('Every configured provider: up or down.'),
  summary: z.object({ healthy: z.int(), total: z.int(), percentage: z.number() }),
  emulated: z.boolean().describe('No credential is configured: the built-in emulator answers.'),
})
export type Health = z.infer<typeof Health>
