import type { IncomingMessage } from 'node:http'
import type { Found } from '../routing.ts'
import type { Call, Form } from '../types.ts'
import type { ParsedBody } from './body.ts'

/** A form as the records show it: the bytes of its files are left out. */
function describeForm(form: Form): unknown {
  const files = form.files.map(({ name, filename, mimeType, data }) => ({
    name,
    filename,
    mimeType,
    bytes: data.length,
  }))
  return { ...form.fields, files }
}

/** A body as the records show it. */
export function describeBody({ json, form }: ParsedBody, raw: Buffer): unknown {
  if (form) return describeForm(form)
  return json ?? (raw.length > 0 ? { bytes: raw.length } : undefined)
}

/** The call before its body is read. */
export function openCall(request: IncomingMessage, { double, route, params }: Found): Call | undefined {
  if (!route) return undefined
  const origin = `http://${request.headers.host ?? 'localhost'}`
  return {
    operation: route.operation,
    headers: request.headers,
    params,
    query: new URLSearchParams((request.url ?? '').split('?')[1] ?? ''),
    origin,
    base: `${origin}${double.mount}`,
    raw: Buffer.alloc(0),
    json: undefined,
    form: undefined,
  }
}
