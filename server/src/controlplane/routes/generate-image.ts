import { GeneratedImage, GenerateImage, success } from '@turnout/contract'
import { idempotencyKeyOf } from '../../gateway/jobs/idempotency-key.ts'
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
        'Settings that the model does not take are refused, or mapped to what it takes; `mapped` lists what was. The request waits for a job, which `x-turnout-job-id` names; with an `Idempotency-Key` the same request, sent again, is the same job.',
      body: GenerateImage,
      response: { 200: success(GeneratedImage) },
    },
    handler: async (request, reply) => {
      const caller = {
        ...callerOf(request, reply),
        idempotencyKey: idempotencyKeyOf(request),
        onJob: (id: string) => void reply.header('x-turnout-job-id', id),
      }
      return ok(tellVariant(reply, await generation.image(request.body, caller)))
    },
  })
}
