import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TurnoutError, toOpenAIError } from '../core/error.ts'
import { closeWithConnection } from '../lib/http/queued.ts'
import { newId } from '../lib/ids.ts'
import { Roster } from '../lib/roster.ts'
import { chatCompletions } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { Exchange } from './exchange.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { listModels, retrieveModel } from './models.ts'
import { fetchArtifact } from './picture-links.ts'
import type { DataPlane } from './plane.ts'
import { VIDEOS, videoRoutes } from './videos/index.ts'

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

/** What can be done at a path, by method; undefined where there is nothing. */
function routesAt(path: string): Readonly<Record<string, Route>> | undefined {
  const post = POST_ROUTES[path]
  if (post) return { POST: post }
  const get = getRoute(path)
  return get ? { GET: get } : videoRoutes(path)
}

/** The route for a request. @throws TurnoutError not_found, or 405 with the methods that are allowed */
function routeOf(method = '', path: string): Route {
  const routes = routesAt(path)
  if (routes === undefined) {
    const known = [...Object.keys(POST_ROUTES), MODELS, VIDEOS].join(', ')
    throw new TurnoutError('not_found', `There is no ${path}; the routes are ${known}.`)
  }
  if (Object.hasOwn(routes, method)) return routes[method]!
  const allowed = Object.keys(routes)
  throw new TurnoutError('invalid_input', `${path} takes ${allowed.join(' or ')}, not ${method}.`, {
    status: 405,
    details: { allow: allowed.join(', ') },
  })
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

/**
 * What node:http refuses before there is a request, in the shape of every other error.
 *
 * @param lingerMs How long the client may take to close the connection.
 */
function refuse(error: NodeJS.ErrnoException, socket: Socket, answering: boolean, lingerMs: number): void {
  // An answer that has begun must not have another one in its middle.
  if (!socket.writable || error.code === 'ECONNRESET' || answering) {
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
  // Our end alone closes nothing: a client that keeps its own would keep the connection for ever.
  const late = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(late))
}

export interface GatewayServer {
  http: Server
  /** Accepts nothing new, lets running requests end, and cuts those that outlast the grace period. Never rejects. */
  drain(graceMs: number): Promise<void>
}

export interface ServerTimeouts {
  /** Until the head of a request has come. */
  headersMs: number
  /** Until its body has come. */
  requestMs: number
  /** Until a client whose request was no HTTP, or came too slowly, has closed the connection. */
  lingerMs: number
  /** Until a client has read anything of an answer that waits to be read. */
  unreadMs: number
}

const TIMEOUTS: ServerTimeouts = { headersMs: 15_000, requestMs: 120_000, lingerMs: 5_000, unreadMs: 60_000 }
/** How long idle connections are swept before what is left is closed: a request may be on its way on one of them. */
const SWEEP_MS = 1_000
const SWEEP_EVERY_MS = 50
/** How long what has been cut may take to end. */
const LAST_WORDS_MS = 2_000

const isDataPlane = (url: string): boolean =>
  url.startsWith('/v1') && (url.length === 3 || url[3] === '/' || url[3] === '?')

/**
 * For a connection on which nothing has moved for long: where an answer waits
 * to be read, its client is taken for dead. Node counts the progress of one
 * large write as well, which `bytesWritten` does not.
 */
const cutUnread = (socket: Socket): void => {
  if (socket.writableLength > 0) socket.destroy()
}

interface Running {
  response: ServerResponse
  slot: number
}

/** The one server of both planes: `/v1` is served here, everything else by `rest`. */
export function createHttpServer(plane: DataPlane, rest: RequestListener, timeouts = TIMEOUTS): GatewayServer {
  const running = new Roster<Running>()
  let draining = false
  let onIdle: (() => void) | undefined
  const http = createServer(
    {
      maxHeaderSize: 32 * 1024,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: Math.min(5_000, timeouts.headersMs / 3),
      keepAliveTimeout: 75_000,
      noDelay: true,
    },
    (request, response) => {
      const entry = { response, slot: -1 }
      running.add(entry)
      response.on('close', () => {
        running.delete(entry)
        if (running.size === 0) onIdle?.()
      })
      closeWithConnection(request, response)
      response.on('timeout', cutUnread).setTimeout(timeouts.unreadMs)
      if (draining) response.shouldKeepAlive = false
      const url = request.url!
      // A request line may hold a whole URL.
      if (url[0] !== '/' && URL.canParse(url)) request.url = url.slice(new URL(url).origin.length) || '/'
      if (isDataPlane(request.url!)) serve(plane, request, response)
      else rest(request, response)
    },
  )
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    let answering = false
    running.forEach(({ response }) => {
      if (response.socket === socket && response.headersSent) answering = true
    })
    refuse(error, socket, answering, timeouts.lingerMs)
  })

  const untilIdle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve
      if (running.size === 0) resolve()
    })
  return {
    http,
    async drain(graceMs) {
      draining = true
      running.forEach(({ response }) => {
        response.shouldKeepAlive = false
      })
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      const sweep = setInterval(() => http.closeIdleConnections(), SWEEP_EVERY_MS)
      const cut = setTimeout(() => http.closeAllConnections(), graceMs)
      const ended = async (): Promise<void> => {
        await untilIdle()
        clearTimeout(cut)
        const last = setTimeout(() => http.closeAllConnections(), SWEEP_MS)
        await closed
        clearTimeout(last)
        // The ends of what was cut are still to be recorded.
        await untilIdle()
      }
      // Whatever the connections do, the other parts of the server have to come to rest as well.
      const done = new AbortController()
      const bound = sleep(graceMs + SWEEP_MS + LAST_WORDS_MS, undefined, { signal: done.signal }).catch(() => {})
      await Promise.race([ended(), bound])
      done.abort()
      clearInterval(sweep)
    },
  }
}
