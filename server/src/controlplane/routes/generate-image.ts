import { GeneratedImage, GenerateImage, success } from '@turnout/contract'
import { callerOf } from '../caller.ts'
import { tellVariant } from '../headers.ts'
import { ok, type Route } from '../route.ts'

export const generateImage: Route = (app, { generation }) => {
  app.route({
    method: 'POST',
    url: '/api/generate-image',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'generateImage',
      tags: ['Generation'],
      summary: 'Generate images',
      description:
        'Settings that the model does not take are refused, or mapped to what it takes; `mapped` lists what was.',
      body: GenerateImage,
      response: { 200: success(GeneratedImage) },
    },
    handler: async (request, reply) =>
      ok(tellVariant(reply, await generation.image(request.body, callerOf(request, reply)))),
  })
}
