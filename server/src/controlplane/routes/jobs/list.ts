import { Instant, Job, JobKind, JobState, page } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { originOf } from '../../origin.ts'
import type { Route } from '../../route.ts'

const JobQuery = z.strictObject({
  state: JobState.optional(),
  kind: JobKind.optional(),
  model: z.string().min(1).optional().describe('As it was asked for.'),
  userId: z.string().min(1).optional(),
  keyId: z.string().min(1).optional(),
  setId: z.string().min(1).optional(),
  since: Instant.optional(),
  until: Instant.optional(),
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const listJobs: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'GET',
    url: '/api/jobs',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listJobs',
      tags: ['Jobs'],
      summary: 'List the jobs',
      description: 'Newest first. Keys without the role admin see their own jobs only.',
      querystring: JobQuery,
      response: { 200: page(Job) },
    },
    handler: async (request) => {
      const { cursor, limit, since, until, ...filter } = request.query
      const caller = { principal: principalOf(request) }
      const between = {
        since: since === undefined ? since : new Date(since),
        until: until === undefined ? until : new Date(until),
      }
      const { items, nextCursor } = await jobs.list({ ...filter, ...between }, { cursor, limit }, caller)
      const data = await jobs.showAll(items, originOf(request, publicUrl))
      return { success: true as const, data, nextCursor }
    },
  })
}
