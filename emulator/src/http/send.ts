import type { ServerResponse } from 'node:http'
import type { Refusal } from '../refusal.ts'

/** An answer with a status of its own. */
export function sendJson(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  const bytes = Buffer.from(JSON.stringify(body, null, 2))
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': bytes.length })
  response.end(bytes)
}

/** A refused request: JSON, or a text as some providers send it. */
export function sendRefusal(
  response: ServerResponse,
  refusal: Refusal,
  headers: Readonly<Record<string, string>>,
): void {
  const all = { ...headers, ...refusal.headers }
  if (typeof refusal.body !== 'string') {
    sendJson(response, refusal.status, all, refusal.body)
    return
  }
  const type = refusal.body.startsWith('<') ? 'text/html' : 'text/plain'
  response.writeHead(refusal.status, { 'content-type': type, ...all })
  response.end(refusal.body)
}
