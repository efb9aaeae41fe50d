import { TurnoutError } from '../../core/error.ts'
import type { Renderer } from '../openapi/renderer.ts'
import type { Route } from '../route.ts'

/** The page runs its own script and asks only this server: nothing is loaded from elsewhere. */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

/** The rendered reference. Its renderer is large, so it is loaded when the first page is asked for. */
export const docs: Route = (app) => {
  let renderer: Promise<Renderer> | undefined
  for (const url of ['/docs', '/docs/*']) {
    app.route({
      method: 'GET',
      url,
      config: { role: 'public' },
      schema: { hide: true },
      handler: async (request, reply) => {
        renderer ??= import('../openapi/renderer.ts').then(({ createRenderer }) => createRenderer())
        const page = await (await renderer)(request.url)
        if (page.status === 404) throw new TurnoutError('not_found', `There is no route GET ${request.url}.`)
        if (page.location !== undefined) reply.header('location', page.location)
        reply.header('content-security-policy', POLICY)
        if (page.immutable) reply.header('cache-control', 'public, max-age=3600')
        return reply.code(page.status).type(page.contentType).send(page.body)
      },
    })
  }
}
