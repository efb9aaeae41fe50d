import { EnhancedPrompt, EnhancePrompt, success } from '@turnout/contract'
import { callerOf } from '../caller.ts'
import { ok, type Route } from '../route.ts'

export const enhancePrompt: Route = (app, { enhance }) => {
  app.route({
    method: 'POST',
    url: '/api/enhance',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'enhancePrompt',
      tags: ['Generation'],
      summary: 'Enhance a prompt',
      description:
        'By the model of PROMPT_MODEL_INDEX, else the role prompt_enhancer. Where it fails, the prompt comes back as it was, with `enhanced: false` and the reason.',
      body: EnhancePrompt,
      response: { 200: success(EnhancedPrompt) },
    },
    handler: async (request, reply) => ok(await enhance(request.body, callerOf(request, reply))),
  })
}
