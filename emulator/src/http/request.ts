import type { IncomingMessage } from 'node:http'
import { ApiError, badCredential, missingCredential } from '../openai/errors.ts'
import type { Form } from '../types.ts'

const SECRET_HEADERS = ['authorization', 'api-key', 'x-api-key', 'cookie']

/** Headers as they may be kept: without credentials. */
export function publicHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (SECRET_HEADERS.includes(name) || value === undefined) continue
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

/**
 * @param accepted the credentials; undefined accepts any that is not empty
 * @throws ApiError 401
 */
export function authenticate(request: IncomingMessage, accepted: ReadonlySet<string> | undefined): void {
  const credential = /^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1]?.trim()
  if (!credential) throw missingCredential()
  if (accepted && !accepted.has(credential)) throw badCredential(credential)
}

export function unknownRoute(method: string, path: string): ApiError {
  return new ApiError(404, { message: `Invalid URL (${method} ${path})` })
}

export function wrongMethod(method: string, path: string): ApiError {
  return new ApiError(405, { message: `Not allowed to ${method} on ${path}.`, code: 'method_not_supported' })
}

/** A form as the records show it: the bytes of its files are left out. */
export function describeForm(form: Form): unknown {
  const files = form.files.map(({ name, filename, mimeType, data }) => ({
    name,
    filename,
    mimeType,
    bytes: data.length,
  }))
  return { ...form.fields, files }
}
