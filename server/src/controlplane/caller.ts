import type { FastifyReply, FastifyRequest } from 'fastify'
import { TurnoutError } from '../core/error.ts'
import type { Caller } from '../gateway/types.ts'
import { principalOf } from './access.ts'

/**
 * Who asks, until the connection ends. The response is watched, not the
 * request: a request is closed as soon as its body has been read.
 */
export function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new TurnoutError('canceled', 'The client went away.'))
  })
  const session = request.headers['x-turnout-session']
  const cache = request.headers['x-turnout-cache']
  return {
    requestId: request.id,
    principal: principalOf(request),
    signal: controller.signal,
    cache,
    onCache(status, ageMs) {
      reply.header('x-turnout-cache', status)
      if (ageMs !== undefined) reply.header('age', Math.floor(ageMs / 1000))
    },
    ...(typeof session === 'string' && session !== '' && { session }),
  }
}
