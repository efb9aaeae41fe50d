import { hash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createServer2, type Http2Server } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'

/** What a client has sent. */
export interface Asked {
  method: string
  path: string
  host: string | undefined
  headers: Readonly<Record<string, string | undefined>>
  body: string
  /** Names of the signed headers. */
  signed: string[]
  /** What the signature is for: region, service and the end of all scopes. */
  scope: string | undefined
}

export interface Answer {
  headers?: Record<string, string>
  body: string | Uint8Array
}

/**
 * A server that writes down what it is asked, for tests that hold two clients
 * against each other. AWS's SDK speaks HTTP/2 to some services.
 */
export class Recorder {
  readonly asked: Asked[] = []
  answer: Answer = { body: '{}' }
  readonly #server: Server | Http2Server
  readonly #sockets = new Set<Socket>()

  constructor(version: 1 | 2) {
    const listener = (request: unknown, response: unknown) =>
      void this.#record(request as IncomingMessage, response as ServerResponse)
    this.#server = version === 1 ? createServer(listener) : createServer2(listener)
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket))
  }

  async #record(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { method = '', url = '' } = request
    const headers = request.headers as Record<string, string | undefined>
    const authorization = headers.authorization ?? ''
    this.asked.push({
      method,
      path: url,
      host: headers.host ?? headers[':authority'],
      headers,
      body: Buffer.concat(pieces).toString(),
      signed: /SignedHeaders=([\w;:-]+)/.exec(authorization)?.[1]?.split(';') ?? [],
      scope: /Credential=\w+\/\d+\/([\w/-]+)/.exec(authorization)?.[1],
    })
    response.writeHead(200, { 'content-type': 'application/json', ...this.answer.headers })
    response.end(this.answer.body)
  }

  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((closed) => this.#server.close(closed))
  }
}

/** Headers by which an SDK tells about itself, and what HTTP counts by itself. */
const OF_THE_SDK = /^(amz-sdk-|x-amz-user-agent$|user-agent$|content-length$|accept$)/

/** What two requests for the same must have in common. */
export const essence = ({ method, path, body, headers, host, signed, scope }: Asked) => ({
  method,
  path,
  body: body === '' || body.startsWith('--') ? body : (JSON.parse(body) as unknown),
  hasHost: host !== undefined,
  // What is the host in HTTP/1 is the authority in HTTP/2.
  signed: signed
    .map((name) => (name === ':authority' ? 'host' : name))
    .filter((name) => !OF_THE_SDK.test(name))
    .sort(),
  scope,
  isHashed: headers['x-amz-content-sha256'] === hash('sha256', body),
  own: Object.fromEntries(Object.entries(headers).filter(([name]) => /^(content-type$|x-amzn-)/.test(name))),
})
