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

/** The events as text, with a comment now and then while nothing happens. */
async function* frames(first: IteratorResult<JobEvent, void>, rest: AsyncGenerator<JobEvent, void>) {
  try {
    let next = Promise.resolve(first)
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
      next = rest.next()
    }
  } finally {
    await rest.return()
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
      },
    },
    handler: async (request, reply) => {
      const after = lastSeen(request.headers['last-event-id'], request.query.after)
      const events = jobs.events(request.params.id, after, callerOf(request, reply), originOf(request, publicUrl))
      // What is wrong with the request shows before the first event, as an ordinary failure.
      const first = await events.next()
      reply.header('content-type', 'text/event-stream; charset=utf-8')
      // Reverse proxies that collect answers would hold the events back.
      reply.header('x-accel-buffering', 'no')
      reply.send(Readable.from(frames(first, events)) as never)
      return reply
    },
  })
}
