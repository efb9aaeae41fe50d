import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Job } from '@turnout/contract'

/** Signs the deliveries of all jobs of a test. */
export const SECRET = `whsec_${Buffer.from('a secret that both sides know of').toString('base64')}`

/** The ends of jobs that were told, as far as the signature held. */
export interface Receiver {
  url: string
  /** Bodies by the id of their job, oldest first. */
  told: Map<string, Job[]>
  /** How many deliveries were not signed as they should be. */
  forged: number
  close(): void
}

/** Whether a delivery is signed as Standard Webhooks wants it: HMAC-SHA256 over id, timestamp and body. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  return String(signatures)
    .split(' ')
    .some((signature) => {
      const [version, code = ''] = signature.split(',')
      const given = Buffer.from(code, 'base64')
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
    })
}

export async function startReceiver(): Promise<Receiver> {
  const receiver = { url: '', told: new Map<string, Job[]>(), forged: 0, close: () => {} }
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    if (isSigned(request.headers, body)) {
      const { data } = JSON.parse(body) as { data: Job }
      receiver.told.set(data.id, [...(receiver.told.get(data.id) ?? []), data])
    } else receiver.forged += 1
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  receiver.close = () => {
    server.closeAllConnections()
    server.close()
  }
  return receiver
}
