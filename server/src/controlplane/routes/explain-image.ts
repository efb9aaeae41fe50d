import { GenerateImage } from '@turnout/contract'
import { Explained, explain } from '../explain.ts'
import { ok, type Route } from '../route.ts'

export const explainImage: Route = (app) => {
  app.route({
    method: 'GET',
    url: '/api/generate-image',
    config: { role: 'public' },
    schema: {
      operationId: 'explainGenerateImage',
      tags: ['Generation'],
      summary: 'How to generate images',
      response: { 200: Explained },
    },
    handler: async () =>
      ok(
        explain(GenerateImage, {
          method: 'POST',
          path: '/api/generate-image',
          description: 'Generates one or more images with one model. The answer lists the settings that were mapped.',
          role: 'user',
          examples: [
            { title: 'One image', body: { modelId: 'gpt-image-1', prompt: 'A railway turnout at dawn, woodcut' } },
            {
              title: 'Two images of a given size',
              body: { modelId: 'gpt-image-1', prompt: 'A signal box in snow', width: 1536, height: 1024, count: 2 },
            },
          ],
        }),
      ),
  })
}
