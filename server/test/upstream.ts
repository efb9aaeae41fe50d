import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A paid request as it came over the wire. */
export interface Arrived {
  path: string
  headers: IncomingHttpHeaders
  raw: Buffer
  /** The body, where it is JSON. */
  body: Record<string, unknown>
}

/** What to answer instead of the usual. */
export interface Reply {
  status?: number
  headers?: Record<string, string>
  /** Text goes as it is, everything else as JSON. */
  body: unknown
}

export interface Upstream {
  /** Scheme, host and port. */
  origin: string
  /** Oldest first; lists of models are not paid for and not counted. */
  arrived: Arrived[]
  last(): Arrived
  /** The next paid requests get these answers, in their order; null is never to answer. */
  reply(...replies: (Reply | null)[]): void
  /** What lists of models are answered with. */
  list: Reply
  /** How many clients wait for an answer that does not come. */
  waiting(): number
  close(): Promise<void>
}

export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

/** The first content of a streamed answer, and the rest of it. */
export const STREAM_BEGIN = chunk({ role: 'assistant', content: 'Hi' }, null)
const STREAM_END = `${chunk({ content: '.' }, null)}${chunk({}, 'stop')}`
const STREAM_USAGE = `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [], usage: USAGE })}\n\n`

export const EVENT_STREAM = { 'content-type': 'text/event-stream' }

const COMPLETION = {
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: USAGE,
}

/** As OpenAI would answer, and as strictly only where a test says so. */
function usual({ body }: Arrived): Reply {
  if (!Array.isArray(body.messages)) return { body: { created: 1, data: [{ b64_json: PIXEL }] } }
  if (body.stream !== true) return { body: COMPLETION }
  const { include_usage } = (body.stream_options ?? {}) as { include_usage?: boolean }
  return {
    headers: EVENT_STREAM,
    body: `${STREAM_BEGIN}${STREAM_END}${include_usage ? STREAM_USAGE : ''}data: [DONE]\n\n`,
  }
}

function send(response: ServerResponse, { status = 200, headers, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A server that speaks OpenAI's dialect on every path and keeps what it got, so that tests can look at each byte. */
export async function startUpstream(): Promise<Upstream> {
  const arrived: Arrived[] = []
  const replies: (Reply | null)[] = []
  const waiting = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return send(response, upstream.list)
    const raw = await buffer(request)
    const isJson = request.headers['content-type'] === 'application/json'
    const one = { path: request.url!, headers: request.headers, raw, body: isJson ? JSON.parse(raw.toString()) : {} }
    arrived.push(one)
    const reply = replies.length > 0 ? replies.shift()! : usual(one)
    if (reply) return send(response, reply)
    waiting.add(response)
    response.on('close', () => waiting.delete(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: Upstream = {
    list: { body: { object: 'list', data: [] } },
    waiting: () => waiting.size,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    last: () => arrived.at(-1)!,
    reply: (...next) => void replies.push(...next),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return upstream
}
