import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { isObject } from '../json.ts'
import { Problem } from '../refusal.ts'
import type { Form, FormFile, JsonObject } from '../types.ts'

/** Bytes of a JSON body; pictures inside it are base64. */
const MAX_JSON_BYTES = 50 * 1024 * 1024
const MAX_OTHER_BYTES = 200 * 1024 * 1024

export interface ParsedBody {
  json: JsonObject | undefined
  form: Form | undefined
}

function mediaType(request: IncomingMessage): string {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * Reads a body whole.
 *
 * @throws Problem `too-large`; the connection stays open for the answer
 */
export async function readBytes(request: IncomingMessage, most?: number): Promise<Buffer> {
  const limit = most ?? (mediaType(request) === 'application/json' ? MAX_JSON_BYTES : MAX_OTHER_BYTES)
  const tooLarge = (size: number): Problem => new Problem({ kind: 'too-large', limit, size })
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
    throw new Problem({ kind: 'not-json' })
  }
  if (!isObject(value)) throw new Problem({ kind: 'not-an-object' })
  return value
}

/**
 * The fields and files of a form held in memory.
 *
 * @throws Problem `not-a-form`
 */
export function parseForm(bytes: Buffer, contentType: string): Promise<Form> {
  const { promise, resolve, reject } = Promise.withResolvers<Form>()
  const unreadable = (): void => reject(new Problem({ kind: 'not-a-form' }))
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
 * Parses a body of one of the accepted types; `*` accepts any, and only JSON and forms are parsed.
 *
 * @throws Problem for another type or a body that cannot be parsed
 */
export async function parseBody(
  request: IncomingMessage,
  bytes: Buffer,
  accepted: readonly string[],
): Promise<ParsedBody> {
  const type = mediaType(request)
  const any = accepted.includes('*')
  if (!any && !accepted.includes(type)) throw new Problem({ kind: 'content-type', type, accepted })
  if (any) return { json: undefined, form: undefined }
  if (type === 'multipart/form-data') {
    return { json: undefined, form: await parseForm(bytes, request.headers['content-type'] ?? '') }
  }
  return { json: parseJson(bytes), form: undefined }
}
