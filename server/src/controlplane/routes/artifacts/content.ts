import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readSecret } from '../../../access/bearer.ts'
import { requireRole } from '../../../access/roles.ts'
import type { Variant } from '../../../artifacts/links.ts'
import type { Opened } from '../../../artifacts/types.ts'
import { TurnoutError } from '../../../core/error.ts'
import { contentDisposition } from '../../../lib/http/disposition.ts'
import { hasTag, parseRange } from '../../../lib/http/range.ts'
import { maySee } from '../../artifact-view.ts'
import type { Route } from '../../route.ts'
import type { ControlPlaneServices } from '../../services.ts'

const Query = z.object({
  expires: z.string().max(20).optional(),
  signature: z.string().max(100).optional(),
  download: z.enum(['0', '1']).optional().describe('1: a browser saves the bytes instead of showing them.'),
})

const Params = z.object({ id: z.string().min(1) })

interface Asked {
  Params: z.output<typeof Params>
  Querystring: z.output<typeof Query>
}

/** Whatever the bytes are, they run no script and load nothing: a drawing is a document. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox"

/** What the link, or else the key, may see. @throws TurnoutError */
async function openFor(
  { artifacts, keys }: ControlPlaneServices,
  variant: Variant,
  request: FastifyRequest<Asked>,
): Promise<Opened> {
  const { id } = request.params
  const { expires, signature } = request.query
  if (signature !== undefined) {
    artifacts.verify(id, variant, { expires, signature })
    return artifacts.describe(id, variant)
  }
  const principal = await keys.authenticate(readSecret(request.headers))
  requireRole(principal, 'viewer')
  const opened = await artifacts.describe(id, variant)
  if (!maySee(principal, opened.artifact)) {
    throw new TurnoutError('not_found', `There is no artifact ${JSON.stringify(id)}.`)
  }
  return opened
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** A part is sent only of what the client has the rest of. */
const rangeOf = ({ headers }: FastifyRequest, { etag, size }: Opened) =>
  headers['if-range'] === undefined || header(headers['if-range']) === etag
    ? parseRange(headers.range, size)
    : undefined

async function serve(
  services: ControlPlaneServices,
  variant: Variant,
  request: FastifyRequest<Asked>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const opened = await openFor(services, variant, request)
  const { etag, size, mediaType, filename } = opened
  const disposition = contentDisposition(request.query.download === '1' ? 'attachment' : 'inline', filename)
  const range = rangeOf(request, opened)
  reply.headers({
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, max-age=3600',
    'content-disposition': disposition,
    'content-security-policy': POLICY,
  })
  if (hasTag(header(request.headers['if-none-match']), etag)) return reply.code(304).send()
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`)
    throw new TurnoutError('invalid_input', `The artifact has ${size} bytes; the range lies outside of them.`, {
      status: 416,
      param: 'range',
    })
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  reply
    .code(range ? 206 : 200)
    .type(mediaType)
    .header('content-length', String(end - start + 1))
  if (range) reply.header('content-range', `bytes ${start}-${end}/${size}`)
  if (request.method === 'HEAD') return reply.send()
  const elsewhere = await services.artifacts.address(opened, variant, disposition)
  if (elsewhere !== undefined) {
    reply.removeHeader('content-length')
    return reply.header('cache-control', 'no-store').redirect(elsewhere, 302)
  }
  const { bytes } = await services.artifacts.open(opened, variant, range)
  return reply.send(bytes)
}

const TEXTS: Readonly<Record<Variant, { operationId: string; summary: string }>> = {
  content: { operationId: 'readArtifactContent', summary: 'Fetch the bytes of an artifact' },
  thumbnail: { operationId: 'readArtifactThumbnail', summary: 'Fetch the thumbnail of an artifact' },
}

/** The bytes themselves: by a signed link without a key, or with a key that may see them. */
export const artifactContent =
  (variant: Variant): Route =>
  (app, services) => {
    const route = {
      url: `/api/artifacts/:id/${variant}`,
      // The link or the key is checked by the handler: either is enough.
      config: { role: 'public' },
      handler: (request: FastifyRequest<Asked>, reply: FastifyReply) => serve(services, variant, request, reply),
    } as const
    const input = { params: Params, querystring: Query }
    app.route({
      ...route,
      method: 'GET',
      exposeHeadRoute: false,
      schema: {
        ...TEXTS[variant],
        tags: ['Artifacts'],
        description:
          'By the signed link that an artifact has, or with a key that may see it. Understands Range, If-Range and If-None-Match.',
        ...input,
      },
    })
    app.route({ ...route, method: 'HEAD', schema: { hide: true, ...input } })
  }
