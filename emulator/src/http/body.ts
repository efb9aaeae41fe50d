import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { ApiError, badRequest } from '../openai/errors.ts'
import { isObject } from '../openai/validate.ts'
import type { Form, FormFile, JsonObject } from '../types.ts'

/** Bytes of a JSON body; pictures inside it are base64. */
const MAX_JSON_BYTES = 50 * 1024 * 1024
const MAX_FORM_BYTES = 200 * 1024 * 1024

export interface ReadBody {
  json: JsonObject | undefined
  form: Form | undefined
  bytes: number
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = (size: number): ApiError =>
    new ApiError(413, { message: `Maximum content size limit (${limit}) exceeded (${size} bytes read)` })
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limit) throw tooLarge(announced)
  const chunks: Buffer[] = []
  let size = 0
  // The connection stays open for the refusal: a stream that is left early would otherwise be destroyed.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLarge(size)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Buffer): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw badRequest('We could not parse the JSON body of your request. The API expects a JSON payload.')
  }
  if (!isObject(value)) throw badRequest('We expected the JSON body of your request to be an object.')
  return value
}

/** The fields and files of a form held in memory. */
function parseForm(bytes: Buffer, contentType: string): Promise<Form> {
  const { promise, resolve, reject } = Promise.withResolvers<Form>()
  const unreadable = (): void => reject(badRequest('Could not parse multipart form'))
  const fields: JsonObject = {}
  const files: FormFile[] = []
  try {
    const parser = new Busboy({ headers: { 'content-type': contentType } })
    parser.on('field', (name, value) => {
      fields[name] = value
    })
    parser.on('file', (name, stream, filename, _encoding, mimeType) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => files.push({ name, filename, mimeType, data: Buffer.concat(chunks) }))
      stream.on('error', unreadable)
    })
    parser.on('error', unreadable)
    parser.on('finish', () => resolve({ fields, files }))
    Readable.from([bytes]).pipe(parser)
  } catch {
    unreadable()
  }
  return promise
}

/**
 * Reads a body of one of the accepted types.
 *
 * @throws ApiError 400 for another type or a body that cannot be parsed, 413 for one that is too large
 */
export async function readBody(request: IncomingMessage, accepted: readonly string[]): Promise<ReadBody> {
  const contentType = request.headers['content-type'] ?? ''
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!accepted.includes(type)) {
    throw badRequest(
      `Unsupported content type: '${type}'. This API method only accepts ${accepted.map((name) => `'${name}'`).join(' or ')} requests.`,
      null,
      'unsupported_content_type',
    )
  }
  if (type === 'application/json') {
    const bytes = await readBytes(request, MAX_JSON_BYTES)
    return { json: parseJson(bytes), form: undefined, bytes: bytes.length }
  }
  const bytes = await readBytes(request, MAX_FORM_BYTES)
  return { json: undefined, form: await parseForm(bytes, contentType), bytes: bytes.length }
}
