import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { RouteRole } from './access.ts'
import type { ControlPlaneServices } from './services.ts'

/** The application, with types of requests and answers taken from the routes' schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** What a file of `routes/` exports: it adds one route. */
export type Route = (app: App, services: ControlPlaneServices) => void

export interface RouteEntry {
  method: string
  url: string
  role: RouteRole
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route that the application serves. */
    routeTable: readonly RouteEntry[]
  }
}

/**
 * Lists every route that is added from now on, as `app.routeTable`.
 *
 * @throws from the adding of a route that does not state the role it needs.
 */
export function collectRoutes(app: App): readonly RouteEntry[] {
  const table: RouteEntry[] = []
  app.decorate('routeTable', table)
  app.addHook('onRoute', ({ method, url, config }) => {
    const methods = Array.isArray(method) ? method : [method]
    const role = config?.role
    if (role === undefined) throw new Error(`${methods.join(', ')} ${url} does not state the role it needs`)
    for (const one of methods) table.push({ method: one, url, role })
  })
  return table
}

/** The envelope of a success. */
export const ok = <T>(data: T) => ({ success: true as const, data })
