import { TurnoutError } from '../core/error.ts'
import type { App, RouteEntry } from './route.ts'

/** Whether a path is one that a route's pattern stands for. */
function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*$/, '.+')
    .replace(/:[A-Za-z]+/g, '[^/]+')
  return new RegExp(`^${source}/?$`).test(path)
}

/** Answers 405 with `Allow` where the path exists with another method, else 404. */
export function answerUnknownRoutes(app: App, routes: readonly RouteEntry[]): void {
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const allow = new Set(routes.filter(({ url }) => matches(url, path)).map(({ method }) => method))
    if (allow.size === 0) throw new TurnoutError('not_found', `There is no route ${request.method} ${path}.`)
    const list = [...allow].sort().join(', ')
    reply.header('allow', list)
    throw new TurnoutError('invalid_input', `${path} does not take ${request.method}; allowed: ${list}.`, {
      status: 405,
    })
  })
}
