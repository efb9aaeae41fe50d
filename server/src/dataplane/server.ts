import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TurnoutError, toOpenAIError } from '../core/error.ts'
import { newId } from '../lib/ids.ts'
import { chatCompletions } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { Exchange } from './exchange.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { listModels, retrieveModel } from './models.ts'
import { fetchArtifact } from './picture-links.ts'
import type { DataPlane } from './plane.ts'

type Route = (exchange: Exchange) => Promise<void>

const POST_ROUTES: Readonly<Record<string, Route>> = {
  '/v1/chat/completions': chatCompletions,
  '/v1/embeddings': embeddings,
  '/v1/images/generations': imageGenerations,
  '/v1/images/edits': imageEdits,
}

const MODELS = '/v1/models'

/** Routes whose last part is a name. */
const GET_PREFIXES: readonly [string, (exchange: Exchange, name: string) => Promise<void>][] = [
  [`${MODELS}/`, retrieveModel],
  ['/v1/artifacts/', fetchArtifact],
]

function getRoute(path: string): Route | undefined {
  if (path === MODELS) return listModels
  const found = GET_PREFIXES.find(([prefix]) => path.startsWith(prefix) && path.length > prefix.length)
  return found && ((exchange) => found[1](exchange, path.slice(found[0].length)))
}

/** The route for a request. @throws TurnoutError not_found, or 405 with the method that is allowed */
function routeOf(method: string | undefined, path: string): Route {
  const post = POST_ROUTES[path]
  const route = post ?? getRoute(path)
  if (route === undefined) {
    const known = [...Object.keys(POST_ROUTES), MODELS].join(', ')
    throw new TurnoutError('not_found', `There is no ${path}; the routes are ${known}.`)
  }
  const allowed = post ? 'POST' : 'GET'
  if (method !== allowed)
    throw new TurnoutError('invalid_input', `${path} takes ${allowed}, not ${method}.`, { status: 405 })
  return route
}

function serve(plane: DataPlane, request: IncomingMessage, response: ServerResponse): void {
  const exchange = new Exchange(plane, request, response)
  const url = request.url!
  const query = url.indexOf('?')
  try {
    const route = routeOf(request.method, query === -1 ? url : url.slice(0, query))
    route(exchange).catch((error: unknown) => exchange.fail(TurnoutError.from(error)))
  } catch (error) {
    exchange.fail(TurnoutError.from(error))
  }
}

/** What node:http refuses before there is a request, in the shape of every other error. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, text, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large', 'The headers of the request are too large.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout', 'The request was not sent within the time allowed.']
        : [400, 'Bad Request', 'The request is not valid HTTP.']
  const body = JSON.stringify(toOpenAIError(new TurnoutError('invalid_input', message as string), newId('req')))
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

export interface GatewayServer {
  http: Server
  /** Accepts nothing new, lets running requests end, and cuts those that outlast the grace period. */
  drain(graceMs: number): Promise<void>
}

/** The one server of both planes: `/v1` is served here, everything else by `rest`. */
export function createHttpServer(plane: DataPlane, rest: RequestListener): GatewayServer {
  let running = 0
  let onIdle: (() => void) | undefined
  const ended = (): void => {
    running -= 1
    if (running === 0) onIdle?.()
  }
  const http = createServer(
    {
      maxHeaderSize: 32 * 1024,
      headersTimeout: 15_000,
      requestTimeout: 120_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 75_000,
      noDelay: true,
    },
    (request, response) => {
      running += 1
      response.on('close', ended)
      const url = request.url!
      if (url.startsWith('/v1/') || url === '/v1') serve(plane, request, response)
      else rest(request, response)
    },
  )
  http.on('clientError', refuse)
  return {
    http,
    async drain(graceMs) {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      // A connection on which no request was ever sent is neither idle nor busy to node:http, so busy ones are counted here.
      onIdle = () => http.closeAllConnections()
      if (running === 0) onIdle()
      const cut = setTimeout(onIdle, graceMs)
      await closed
      clearTimeout(cut)
    },
  }
}
