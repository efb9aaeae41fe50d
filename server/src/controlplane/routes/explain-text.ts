import { GenerateText } from '@turnout/contract'
import { Explained, explain } from '../explain.ts'
import { ok, type Route } from '../route.ts'

export const explainText: Route = (app) => {
  app.route({
    method: 'GET',
    url: '/api/generate-text',
    config: { role: 'public' },
    schema: {
      operationId: 'explainGenerateText',
      tags: ['Generation'],
      summary: 'How to generate text',
      response: { 200: Explained },
    },
    handler: async () =>
      ok(
        explain(GenerateText, {
          method: 'POST',
          path: '/api/generate-text',
          description: 'Generates text with one model: as JSON, or as Server-Sent Events that end in [DONE].',
          role: 'user',
          examples: [
            { title: 'An answer at once', body: { modelId: 'gpt-5-mini', prompt: 'Name three uses of a turnout.' } },
            {
              title: 'A streamed answer',
              body: {
                modelId: 'gpt-5-mini',
                systemPrompt: 'Answer in one sentence.',
                prompt: 'What is a turnout?',
                maxTokens: 200,
                stream: true,
              },
            },
          ],
        }),
      ),
  })
}
