/** One part of a multipart/form-data body; `data` points into the body. */
export interface FormPart {
  name: string
  filename: string | undefined
  contentType: string | undefined
  data: Buffer
}

/** A part on its way out, which may be text. */
export type TextOrFile = Omit<FormPart, 'data'> & { data: string | Buffer }

/** Why a body is not a usable form; the message is for the client. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError'
}

const MAX_PARTS = 200
const MAX_PART_HEADER_BYTES = 8 * 1024

/** The boundary that a content type names; undefined where it is not multipart/form-data. */
export function multipartBoundary(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

function headerValue(headers: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(headers)?.[1]?.trim()
}

function readPart(headers: string, data: Buffer): FormPart {
  const disposition = headerValue(headers, 'content-disposition')
  if (disposition === undefined) throw new MultipartError('A part of the form has no Content-Disposition.')
  const name = /[;\s]name="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1] ?? /[;\s]name=([^\s;"]+)/i.exec(disposition)?.[1]
  if (name === undefined) throw new MultipartError('A part of the form has no name.')
  const filename =
    /[;\s]filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1] ??
    /[;\s]filename\*=[^']*'[^']*'([^\s;]+)/i.exec(disposition)?.[1]
  return { name, filename, contentType: headerValue(headers, 'content-type'), data }
}

/**
 * The parts of a form that is held in memory, without copying their bytes, so
 * that one field can be changed and the files go on as they came.
 *
 * @throws MultipartError
 */
export function parseMultipart(body: Buffer, boundary: string): FormPart[] {
  const parts: FormPart[] = []
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  let position = body.indexOf(`--${boundary}`)
  if (position === -1) throw new MultipartError('The body does not contain the boundary that its content type names.')
  position += boundary.length + 2
  while (body.toString('latin1', position, position + 2) !== '--') {
    const lineEnd = body.indexOf('\r\n', position)
    const headersEnd = lineEnd === -1 ? -1 : body.indexOf('\r\n\r\n', lineEnd)
    if (headersEnd === -1 || headersEnd - lineEnd > MAX_PART_HEADER_BYTES) {
      throw new MultipartError('A part of the form has no readable headers.')
    }
    const end = body.indexOf(delimiter, headersEnd + 2)
    if (end === -1) throw new MultipartError('The form ends in the middle of a part.')
    if (parts.length === MAX_PARTS) throw new MultipartError(`The form has more than ${MAX_PARTS} parts.`)
    parts.push(
      readPart(body.toString('utf8', lineEnd + 2, headersEnd), body.subarray(Math.min(headersEnd + 4, end), end)),
    )
    position = end + delimiter.length
  }
  return parts
}

/** The content type of a form with that boundary. */
export const multipartType = (boundary: string): string =>
  `multipart/form-data; boundary=${/^[\w'+.-]+$/.test(boundary) ? boundary : `"${boundary}"`}`

/** A form of text alone, as text. */
export function encodeFields(fields: readonly (readonly [name: string, text: string])[], boundary: string): string {
  let body = ''
  for (const [name, text] of fields) {
    body += `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`
  }
  return `${body}--${boundary}--\r\n`
}

/** The parts as a body again. */
export function encodeMultipart(parts: readonly TextOrFile[], boundary: string): Buffer {
  const pieces: Buffer[] = []
  // Text is put together before it becomes bytes.
  let text = ''
  for (const part of parts) {
    const filename = part.filename === undefined ? '' : `; filename="${part.filename}"`
    const type = part.contentType === undefined ? '' : `Content-Type: ${part.contentType}\r\n`
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${filename}\r\n${type}\r\n`
    if (typeof part.data === 'string') text += part.data
    else {
      pieces.push(Buffer.from(text), part.data)
      text = ''
    }
    text += '\r\n'
  }
  const end = Buffer.from(`${text}--${boundary}--\r\n`)
  return pieces.length === 0 ? end : Buffer.concat([...pieces, end])
}
