import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyTemplate } from '../../server/test/template.ts'

/** A working directory of a test's own; with a data directory `.turnout` whose database need not be made again. */
export function makeWorld({ database = true } = {}): { cwd: string; remove(): void } {
  const cwd = mkdtempSync(join(tmpdir(), 'turnout-world-'))
  if (database) copyTemplate(join(cwd, '.turnout'))
  return { cwd, remove: () => rmSync(cwd, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }) }
}

export interface Upstream {
  url: string
  /** Resolves with the answer to write, once a chat has arrived. */
  next(): Promise<ServerResponse>
  close(): void
}

/** An upstream that answers when the test says so, and lists one model. */
export async function startUpstream(): Promise<Upstream> {
  const waiting: ((response: ServerResponse) => void)[] = []
  const server = createServer((request, response) => {
    request.resume()
    if (request.method === 'POST') waiting.shift()?.(response)
    else if (request.headers.authorization === 'Bearer right') {
      response.setHeader('content-type', 'application/json')
      response.end('{"object":"list","data":[{"id":"gpt-5.4-mini","object":"model","created":1,"owned_by":"openai"}]}')
    } else {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end(
        '{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}',
      )
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
