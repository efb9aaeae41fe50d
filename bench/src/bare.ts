/**
 * The yardstick: what a proxy on node:http and undici costs that does nothing
 * but pass a request and its answer on. The body is held until it is whole,
 * the answer is streamed. The port of the upstream is the argument.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { serveCommands } from './commands.ts'
import type { Listening } from './messages.ts'

/** Headers that belong to one connection or are made anew for the next. */
const OWN = new Set(['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'expect'])

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })

function passedOn(rawHeaders: readonly string[]): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!OWN.has(rawHeaders[i]!.toLowerCase())) headers.push(rawHeaders[i]!, rawHeaders[i + 1]!)
  }
  return headers
}

class Passage implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) controller.abort(new Error('the client hung up'))
    })
    this.#response.on('drain', () => controller.resume())
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const passed: string[] = []
    for (const name in headers) {
      if (name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding')
        passed.push(name, String(headers[name]))
    }
    this.#response.writeHead(status, passed)
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (!this.#response.write(bytes)) controller.pause()
  }

  onResponseEnd(): void {
    this.#response.end()
  }

  onResponseError(): void {
    this.#response.destroy()
  }
}

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (bytes: Buffer) => chunks.push(bytes))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    pool.dispatch(
      { path: request.url!, method: 'POST', headers: passedOn(request.rawHeaders), body },
      new Passage(response),
    )
  })
})

const listening = new Promise<Listening>((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port }))
})

serveCommands(() => listening)
