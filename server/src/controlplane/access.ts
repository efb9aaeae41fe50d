import type { Role } from '@turnout/contract'
import type { FastifyRequest } from 'fastify'
import { readSecret } from '../access/bearer.ts'
import { requireRole } from '../access/roles.ts'
import type { Principal } from '../access/types.ts'
import { TurnoutError } from '../core/error.ts'
import type { App } from './route.ts'
import type { ControlPlaneServices } from './services.ts'

/** Who may call a route: everybody, or a key with at least this role. */
export type RouteRole = 'public' | Role

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route must state it. */
    role?: RouteRole
    /** The route counts against the requests per minute of the key. */
    limited?: boolean
    /** Its path holds a secret, which is no business of the log. */
    sealed?: boolean
  }
  interface FastifyRequest {
    /** Who makes the request; null on public routes. */
    principal: Principal | null
  }
}

/** Refuses every request that the route's role, or the limit of the key, does not allow; before its body is read. */
export function guardRoutes(app: App, { keys, limiter, registry }: ControlPlaneServices): void {
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    const { role: needed, limited } = request.routeOptions.config
    if (needed === 'public') return
    if (needed === undefined) throw new TurnoutError('permission', 'The route does not say who may call it.')
    const principal = await keys.authenticate(readSecret(request.headers))
    request.principal = principal
    requireRole(principal, needed)
    if (!limited) return
    const state = await limiter.take(principal, registry.snapshot.defaultRequestsPerMinute)
    if (state === undefined) return
    const seconds = Math.max(1, Math.ceil(state.resetMs / 1000))
    reply.header('x-ratelimit-limit-requests', state.limit)
    reply.header('x-ratelimit-remaining-requests', state.remaining)
    reply.header('x-ratelimit-reset-requests', `${seconds}s`)
    if (!state.allowed) {
      throw new TurnoutError('rate_limit', `The key may make ${state.limit} requests per minute.`, {
        retryAfterMs: seconds * 1000,
      })
    }
  })
}

/** The caller of a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new TurnoutError('internal', 'A public route has no caller.')
  return request.principal
}
