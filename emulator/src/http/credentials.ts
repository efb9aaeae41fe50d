import type { IncomingHttpHeaders } from 'node:http'

const SECRET_HEADERS = [
  'authorization',
  'proxy-authorization',
  'api-key',
  'x-api-key',
  'x-key',
  'x-goog-api-key',
  'x-amz-security-token',
  'cookie',
]

const SECRET_PARAMETERS = ['key', 'api_key', 'access_token', 'X-Amz-Signature', 'X-Amz-Security-Token']

/** Headers as they may be kept: without credentials. */
export function publicHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (SECRET_HEADERS.includes(name) || value === undefined) continue
    kept[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return kept
}

/** A path and query as they may be kept. */
export function publicUrl(url: string): string {
  const [path, query] = url.split('?', 2)
  if (query === undefined) return url
  const kept = query.split('&').filter((pair) => !SECRET_PARAMETERS.includes(pair.split('=')[0] ?? ''))
  return kept.length > 0 ? `${path}?${kept.join('&')}` : (path ?? '')
}

/** Names of the headers and query parameters of a request that hold credentials. */
export function carriedCredentials(headers: IncomingHttpHeaders, query: URLSearchParams): string[] {
  return [
    ...SECRET_HEADERS.filter((name) => headers[name] !== undefined),
    ...SECRET_PARAMETERS.filter((name) => query.has(name)),
  ]
}

/** The credential of a scheme such as `Bearer` or `Key` in the Authorization header. */
export function schemeCredential(headers: IncomingHttpHeaders, scheme: string): string | undefined {
  const [given, ...rest] = (headers.authorization ?? '').split(' ')
  const credential = rest.join(' ').trim()
  return given?.toLowerCase() === scheme.toLowerCase() && credential !== '' ? credential : undefined
}

/** A header with a single value. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
