import type { Connection, TransportRequest, TransportResponse } from '../../core/adapter.ts'

/** What a scripted provider answers. */
export interface Scripted {
  status?: number
  headers?: Record<string, string>
  /** An object is sent as JSON; pieces come one by one. */
  body?: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | Record<string, unknown>
}

export interface Sent extends TransportRequest {
  url: string
}

/** A connection whose provider is a script, and the requests that went through it. */
export interface ScriptedConnection extends Connection {
  sent: Sent[]
  /** The JSON body of the last request. */
  lastJson(): Record<string, unknown>
}

const isPieces = (body: NonNullable<Scripted['body']>): body is Iterable<Uint8Array> | AsyncIterable<Uint8Array> =>
  typeof body === 'object' && !(body instanceof Uint8Array) && (Symbol.asyncIterator in body || Symbol.iterator in body)

function responseOf({ status = 200, headers = {}, body = '' }: Scripted): TransportResponse {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array) && !isPieces(body)
  const content = isJson ? JSON.stringify(body) : body
  const pieces = typeof content === 'string' ? [Buffer.from(content)] : isPieces(content) ? content : [content]
  const text = async () => {
    const all: Uint8Array[] = []
    for await (const piece of pieces as AsyncIterable<Uint8Array>) all.push(piece)
    return Buffer.concat(all).toString('utf8')
  }
  return {
    status,
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
    body: {
      async *[Symbol.asyncIterator]() {
        yield* pieces as AsyncIterable<Uint8Array>
      },
    },
    text,
    json: async () => JSON.parse(await text()) as unknown,
  }
}

/**
 * A connection to a script: the answers in their order, or a function of the
 * request. For what no server is needed for; behaviour on the wire is tested
 * against the emulator.
 */
export function connectTo(
  script: readonly Scripted[] | ((sent: Sent) => Scripted),
  overrides: Partial<Connection> = {},
): ScriptedConnection {
  const sent: Sent[] = []
  return {
    provider: 'provider',
    baseUrl: 'https://provider.example',
    credential: 'secret-credential',
    settings: {},
    headers: {},
    flags: {},
    signal: new AbortController().signal,
    transport: async (url, request) => {
      const asked = { ...request, url }
      sent.push(asked)
      const answer = typeof script === 'function' ? script(asked) : script[sent.length - 1]
      if (answer === undefined) throw new Error(`the script has no answer to ${request.method} ${url}`)
      return responseOf(answer)
    },
    ...overrides,
    sent,
    lastJson: () => JSON.parse(String(sent.at(-1)?.body)) as Record<string, unknown>,
  }
}

/** Everything that a stream yields. */
export async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const part of parts) all.push(part)
  return all
}
