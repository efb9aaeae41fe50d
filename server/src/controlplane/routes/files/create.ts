import multipart from '@fastify/multipart'
import { Artifact, success } from '@turnout/contract'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TurnoutError } from '../../../core/error.ts'
import { newId } from '../../../lib/ids.ts'
import { principalOf } from '../../access.ts'
import { viewOf } from '../../artifact-view.ts'
import { type App, ok, type Route } from '../../route.ts'

const MAX_FILENAME = 200

interface Incoming {
  bytes: AsyncIterable<Uint8Array>
  filename: string | null
}

const refuse = (message: string, status?: number) =>
  new TurnoutError('invalid_input', message, { param: 'file', ...(status && { status }) })

/** The file of a form, or the body itself. @throws TurnoutError invalid_input */
async function incomingOf(
  request: FastifyRequest<{ Querystring: { filename?: string | undefined } }>,
): Promise<Incoming> {
  const named = request.query.filename ?? null
  if (!request.isMultipart()) return { bytes: request.raw, filename: named }
  try {
    const part = await request.file()
    if (part) return { bytes: part.file, filename: named ?? part.filename.slice(-MAX_FILENAME) }
  } catch (error) {
    throw refuse(`The form cannot be read: ${error instanceof Error ? error.message : error}.`)
  }
  throw refuse('file is required: a part of the form with a file name, or the body itself.')
}

/** Bytes that end in an error where they are more than there is room for. */
async function* within(bytes: AsyncIterable<Uint8Array>, room: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > room) throw noRoom(room)
    yield chunk
  }
}

const noRoom = (room: number) =>
  refuse(`The uploads of this key have room for ${room} more bytes; delete files that are no longer needed.`, 413)

export const createFile: Route = (app, services) => {
  const { artifacts } = services
  // Of its own, because here a body is not read into memory.
  app.register(async (plugin) => {
    plugin.removeAllContentTypeParsers()
    plugin.addContentTypeParser('*', (_request, _body, done) => done(null))
    await plugin.register(multipart, {
      limits: { files: 1, fields: 20, fieldSize: 10_000, parts: 21, fileSize: artifacts.largest + 1 },
      throwFileSizeLimit: false,
    })
    const scope = plugin as unknown as App
    scope.route({
      method: 'POST',
      url: '/api/files',
      config: { role: 'user', limited: true },
      schema: {
        operationId: 'createFile',
        tags: ['Artifacts'],
        summary: 'Upload a file',
        description:
          'A picture or a video, as the one file of a form (multipart/form-data) or as the body itself. What it is, is read from its content.',
        consumes: ['multipart/form-data', 'application/octet-stream', 'image/*', 'video/*'],
        querystring: z.object({
          filename: z.string().min(1).max(MAX_FILENAME).optional().describe('What the file is called.'),
        }),
        response: { 201: success(Artifact) },
      },
      handler: async (request, reply) => {
        const { keyId, owner } = principalOf(request)
        try {
          const room = await artifacts.room(keyId)
          if (Number(request.headers['content-length'] ?? 0) > room && !request.isMultipart()) throw noRoom(room)
          const { bytes, filename } = await incomingOf(request)
          const about = { id: newId('file'), kind: 'upload', keyId, user: owner, filename } as const
          const artifact = await artifacts.keep(within(bytes, room), about)
          return reply.code(201).send(ok(viewOf(artifact, request, services)))
        } catch (error) {
          // What is still on its way is not read.
          reply.header('connection', 'close')
          throw error
        }
      },
    })
  })
}
