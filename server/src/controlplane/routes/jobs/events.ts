import { Readable } from 'node:stream'
import { JobEvent } from '@turnout/contract'
import { z } from 'zod'
import { TurnoutError } from '../../../core/error.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import type { Route } from '../../route.ts'

/** Connections on which nothing is said for long are cut by what stands between. */
const KEEP_ALIVE_MS = 15_000

const EventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe('Events after this sequence; as Last-Event-ID does.'),
})

/** @throws TurnoutError invalid_input */
function lastSeen(header: string | string[] | undefined, query: number | undefined): number {
  if (header === undefined || header === '') return query ?? 0
  if (typeof header === 'string' && /^\d{1,9}$/.test(header)) return Number(header)
  throw new TurnoutError('invalid_input', 'Last-Event-ID must be the id of an event of this job.', {
    param: 'Last-Event-ID',
  })
}

const frame = (event: JobEvent): string =>
  `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

/** The events as text, with a comment at once, and now and then while nothing happens. */
async function* frames(events: AsyncGenerator<JobEvent, void>) {
  try {
    yield ': here\n\n'
    let next = events.next()
    for (;;) {
      let timer: NodeJS.Timeout | undefined
      const pause = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, KEEP_ALIVE_MS, undefined)
      })
      const result = await Promise.race([next, pause])
      clearTimeout(timer)
      if (result === undefined) {
        yield ': still here\n\n'
        continue
      }
      if (result.done) return
      yield frame(result.value)
      next = events.next()
    }
  } finally {
    await events.return()
  }
}

export const streamJobEvents: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'GET',
    url: '/api/jobs/:id/events',
    config: { role: 'viewer' },
    schema: {
      operationId: 'streamJobEvents',
      tags: ['Jobs'],
      summary: 'Watch a job',
      description:
        'Server-Sent Events from the beginning, or after Last-Event-ID; the stream ends when the job is over.',
      params: z.object({ id: z.string() }),
      querystring: EventsQuery,
      response: {
        200: { description: 'The events.', content: { 'text/event-stream': { schema: JobEvent } } },
        204: z.void().describe('The job is over, and nothing has happened to it after that event.'),
      },
    },
    handler: async (request, reply) => {
      const after = lastSeen(request.headers['last-event-id'], request.query.after)
      const caller = callerOf(request, reply)
      const events = await jobs.events(request.params.id, after, caller, originOf(request, publicUrl))
      // To an EventSource, which asks again after every end, this says that it need not.
      if (events === undefined) return reply.code(204).send()
      reply.header('content-type', 'text/event-stream; charset=utf-8')
      // Reverse proxies that collect answers would hold the events back.
      reply.header('x-accel-buffering', 'no')
      reply.send(Readable.from(frames(events)) as never)
      return reply
    },
  })
}
