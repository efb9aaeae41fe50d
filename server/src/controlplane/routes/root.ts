import { z } from 'zod'
import { prefersHtml } from '../accept.ts'
import type { Route } from '../route.ts'

const LINKS = { docs: '/docs', openapi: '/openapi.json', health: '/api/health', models: '/v1/models' }

export const Root = z.object({
  name: z.literal('Turnout'),
  version: z.string(),
  emulated: z.boolean().describe('No credential is configured: the built-in emulator answers.'),
  links: z.record(z.string(), z.string()),
})
type Root = z.infer<typeof Root>

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

function render({ name, version, emulated, links }: Root): string {
  const items = Object.entries(links).map(
    ([title, url]) => `<li><a href="${url}">${title}</a> <code>${url}</code></li>`,
  )
  const note = emulated
    ? '<p><strong>Emulated.</strong> No credential is configured: the built-in emulator answers every request.</p>'
    : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${name}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style>
<h1>${name} ${version}</h1>
<p>One API, one registry and one bill for generative models.</p>
${note}<ul>${items.join('')}</ul>
</html>
`
}

export const root: Route = (app, { version, emulated }) => {
  app.route({
    method: 'GET',
    url: '/',
    config: { role: 'public' },
    schema: {
      operationId: 'root',
      tags: ['Health'],
      summary: 'What this is, and where to go',
      response: {
        200: {
          description: 'As JSON, or as a page where the client prefers HTML.',
          content: { 'application/json': { schema: Root }, 'text/html': { schema: z.string() } },
        },
      },
    },
    handler: async (request, reply) => {
      const answer: Root = { name: 'Turnout', version, emulated, links: LINKS }
      reply.header('vary', 'accept')
      if (!prefersHtml(request.headers.accept)) return answer
      return reply
        .header('content-security-policy', POLICY)
        .type('text/html; charset=utf-8')
        .serializer((page: string) => page)
        .send(render(answer))
    },
  })
}
