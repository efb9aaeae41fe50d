import { success } from '@turnout/contract'
import { z } from 'zod'
import { type App, ok, type Route } from '../../route.ts'

/** What is told of a result, which may be in it as base64; the rest is for polls. */
const MOST_BYTES = 1024 * 1024

const Address = z.object({
  provider: z.string().min(1).max(100),
  attemptId: z.string().min(1).max(100),
  signature: z.string().min(1).max(100),
})

export const receiveCallback: Route = (app, { callbacks }) => {
  // Of its own, because signatures cover the bytes of the body.
  app.register(async (plugin) => {
    plugin.removeAllContentTypeParsers()
    plugin.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const scope = plugin as unknown as App
    scope.route({
      method: 'POST',
      url: '/api/callbacks/:provider/:attemptId/:signature',
      bodyLimit: MOST_BYTES,
      // The address itself is the key: nobody else can guess it.
      config: { role: 'public', sealed: true },
      schema: {
        operationId: 'receiveCallback',
        tags: ['Jobs'],
        summary: 'Hear from a provider that work has ended',
        description:
          'For providers, at the address that was registered with the work. The signature in it and that of the provider are checked; the job then asks the provider itself.',
        params: Address,
        response: { 200: success(z.object({ received: z.literal(true) })) },
      },
      // Whoever does not know the address is refused before the body is read or anything is looked up.
      onRequest: async (request) => callbacks.requireOurs(request.params as z.output<typeof Address>),
      handler: async (request) => {
        const body = request.body as Buffer | undefined
        await callbacks.receive(request.params, { headers: request.headers, body: body ?? Buffer.alloc(0) })
        return ok({ received: true as const })
      },
    })
  })
}
