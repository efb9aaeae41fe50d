import type { Route } from '../route.ts'

export const openapi: Route = (app, services) => {
  let document: Promise<string> | undefined
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { role: 'public' },
    schema: { hide: true },
    handler: async (_request, reply) => {
      document ??= import('../openapi/document.ts').then(async ({ describeApi }) =>
        JSON.stringify(await describeApi(services)),
      )
      return reply.type('application/json; charset=utf-8').send(await document)
    },
  })
}
