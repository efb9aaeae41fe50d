import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Passing {
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What stands before a server: where the world reaches it, known before the server is. */
export interface Edge {
  url: string
  /** Where requests go from here. */
  lead(to: string): void
  /** Requests wait here until they are released. */
  hold(): void
  release(): void
  /** What has come, oldest first. */
  passed: Passing[]
  /** The answers to it. */
  statuses: number[]
  close(): Promise<void>
}

export async function startEdge(): Promise<Edge> {
  let target = ''
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  const passed: Passing[] = []
  const statuses: number[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const passing = { path: request.url!, headers: request.headers, body: Buffer.concat(chunks) }
    passed.push(passing)
    await gate.promise
    const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...headers } = passing.headers
    const init = { method: request.method!, headers: headers as Record<string, string>, body: passing.body }
    const answer = await fetch(target + passing.path, init).catch(() => undefined)
    statuses.push(answer?.status ?? 0)
    response.writeHead(answer?.status ?? 502).end(await answer?.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead: (to) => {
      target = to
    },
    hold: () => {
      gate = Promise.withResolvers()
    },
    release: () => gate.resolve(),
    passed,
    statuses,
    async close() {
      gate.resolve()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
