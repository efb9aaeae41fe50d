import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

type Json = Readonly<Record<string, unknown>>

/** Events as the body of a stream; each is named by its `type`, as both Anthropic and OpenAI's Responses do it. */
export const eventStream = (events: readonly (string | Json)[]): Buffer =>
  Buffer.from(
    events
      .map((event) => {
        const data = typeof event === 'string' ? event : JSON.stringify(event)
        const name = /"type":"((?:response\.|message|content_block|ping|error)[a-z._]*)"/.exec(data)?.[1]
        return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`
      })
      .join(''),
  )

export interface Recorded {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** What an official SDK sends, by a local server that answers as it is told. */
export async function recordSdk(answer: Buffer | Json, use: (baseUrl: string) => Promise<unknown>): Promise<Recorded> {
  let recorded: Recorded | undefined
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const sent = Buffer.concat(pieces).toString()
    recorded = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      body: JSON.parse(sent || '{}') as Record<string, unknown>,
    }
    const isStream = Buffer.isBuffer(answer)
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    response.end(isStream ? answer : JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return recorded!
}
