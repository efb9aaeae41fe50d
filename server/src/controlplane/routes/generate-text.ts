import { GeneratedText, GenerateText, success, TextEvent } from '@turnout/contract'
import { callerOf } from '../caller.ts'
import { tellVariant } from '../headers.ts'
import { ok, type Route } from '../route.ts'
import { sendEvents } from '../sse.ts'

export const generateText: Route = (app, { generation }) => {
  app.route({
    method: 'POST',
    url: '/api/generate-text',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'generateText',
      tags: ['Generation'],
      summary: 'Generate text',
      description:
        'Answers as JSON, or with `stream: true` as Server-Sent Events. ' +
        'Only a complete stream ends in `data: [DONE]`; one that fails after its first event ends in an error event.',
      body: GenerateText,
      response: {
        200: {
          description: 'The text, or its events.',
          content: {
            'application/json': { schema: success(GeneratedText) },
            'text/event-stream': { schema: TextEvent },
          },
        },
      },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request, reply)
      if (request.body.stream) return sendEvents(reply, generation.textEvents(request.body, caller))
      return ok(tellVariant(reply, await generation.text(request.body, caller)))
    },
  })
}
