import { CreateJob, JobAnswer } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { generate } from './answer.ts'

export const generateVideos: Route = (app, services) => {
  app.route({
    method: 'POST',
    url: '/api/videos/generate',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'generateVideos',
      tags: ['Jobs'],
      summary: 'Generate videos with any model',
      description:
        'Stores a job and waits for it up to `wait` seconds: 200 when it is done, 202 with the job when it is not. ' +
        "The inputs are those of the model's own schema. An Idempotency-Key makes the request safe to repeat.",
      body: CreateJob,
      response: { 200: JobAnswer, 202: JobAnswer },
    },
    handler: async (request, reply) => {
      await generate('video', request.body, request, reply, services)
      return reply
    },
  })
}
