import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { vi } from 'vitest'
import type { Database } from '../../../db/database.ts'
import { SafeFetcher } from '../../../lib/http/safe-fetch.ts'
import { createWebhooks, type WebhooksOptions } from '../index.ts'
import type { NewEvent } from '../types.ts'

/** A delivery as it came over the wire. */
export interface Hit {
  path: string
  headers: IncomingHttpHeaders
  body: string
  id: string
}

type Answer = (response: ServerResponse, hit: Hit) => void

export interface Receiver {
  url(path: string): string
  hits: Hit[]
  /** The paths' own answers; every other one is a 204. */
  answers: Record<string, Answer>
  /** How many requests of a path wait for their answer. */
  waiting(path: string): number
  at(path: string): Hit[]
  close(): Promise<void>
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(`said ${code}`)

export async function startReceiver(): Promise<Receiver> {
  const hits: Hit[] = []
  const answers: Record<string, Answer> = {}
  const open = new Map<ServerResponse, string>()
  const server = createServer(async (request, response) => {
    const path = request.url!
    open.set(response, path)
    response.on('close', () => open.delete(response))
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const hit = { path, headers: request.headers, body, id: String(request.headers['webhook-id']) }
    hits.push(hit)
    ;(answers[path] ?? status(204))(response, hit)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    hits,
    answers,
    waiting: (path) => [...open.values()].filter((one) => one === path).length,
    at: (path) => hits.filter((hit) => hit.path === path),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** What the official library makes of a delivery, at the time at which it says that it was signed. */
export function verified(secret: string, { body, headers }: Hit): unknown {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Number(headers['webhook-timestamp']) * 1000)
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>)
  } finally {
    clock.mockRestore()
  }
}

export const LOG = { info() {}, warn() {}, error() {} }

/** The receiver's address may be reached, as the configuration allows it. */
export const openWebhooks = (database: Database, options: Partial<WebhooksOptions> = {}) =>
  createWebhooks({
    database,
    fetcher: new SafeFetcher({ allowed: ['127.0.0.1'] }),
    log: LOG,
    random: () => 0.5,
    pollMs: 20,
    ...options,
  })

/** What happened to a job of `key_a`. */
export const event = (subject: string, change: Partial<NewEvent> = {}): NewEvent => ({
  type: 'job.succeeded',
  subject,
  keyId: 'key_a',
  payload: { id: subject, state: 'succeeded' },
  ...change,
})

/** An endpoint of `key_a`. */
export const endpoint = (url: string) => ({
  url,
  description: '',
  enabled: true,
  events: ['job.succeeded' as const, 'job.failed' as const],
})
