import { JobAnswer, RunTemplate, success, TemplateRendering } from '@turnout/contract'
import { z } from 'zod'
import { idempotencyKeyOf } from '../../../gateway/jobs/idempotency-key.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'
import { sendJob } from '../jobs/answer.ts'
import { IdParams } from './parameters.ts'

export const runTemplate: Route = (app, { templates, publicUrl }) => {
  app.route({
    method: 'POST',
    url: '/api/templates/:id',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'runTemplate',
      tags: ['Templates'],
      summary: 'Make pictures by a template',
      description:
        'Stores a job with the rendered prompt and inputs, as `POST /api/images/generate` does; the composition is an output beside the picture that the model made. ' +
        'With `dryRun` nobody is called: the answer is what would be asked for, and where everything would stand.',
      params: IdParams,
      body: RunTemplate,
      response: { 200: z.union([success(TemplateRendering), JobAnswer]), 202: JobAnswer },
    },
    handler: async (request, reply) => {
      const { params, body } = request
      if (body.dryRun) return reply.code(200).send(ok(await templates.render(params.id, body)))
      const caller = callerOf(request, reply)
      const key = idempotencyKeyOf(request)
      const job = await templates.run(params.id, body, key, caller, originOf(request, publicUrl))
      sendJob(job, job, request, reply)
      return reply
    },
  })
}
