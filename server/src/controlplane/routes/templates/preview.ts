import { PreviewTemplate, success, TemplatePreview } from '@turnout/contract'
import { callerOf } from '../../caller.ts'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

/** Whether a client would rather have the picture itself. */
const wantsPicture = (accept: string | undefined): boolean => accept !== undefined && /^\s*image\//i.test(accept)

export const previewTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'POST',
    url: '/api/templates/:id/preview',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'previewTemplate',
      tags: ['Templates'],
      summary: 'Draw the composition of a template',
      description:
        'Over a given picture or a plain ground, without a model, free of charge. With `Accept: image/*` the answer is the picture itself.',
      params: IdParams,
      body: PreviewTemplate,
      response: { 200: success(TemplatePreview) },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      const { bytes, ...preview } = await templates.preview(id, request.body, callerOf(request, reply))
      if (!wantsPicture(request.headers.accept)) {
        return ok({ template: id, base64: bytes.toString('base64'), ...preview })
      }
      const { warnings, mediaType } = preview
      if (warnings.length > 0) reply.header('x-turnout-warnings', encodeURIComponent(warnings.join('; ')))
      reply.type(mediaType).serializer((body: Buffer) => body as never)
      reply.send(bytes as never)
      return reply
    },
  })
}
