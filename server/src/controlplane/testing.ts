import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure, type Role } from '@turnout/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { createControlPlane } from './app.ts'
import { fakeServices, secretOf } from './fakes.ts'
import type { ControlPlaneServices } from './services.ts'

/** Every answer under `/api` that is not a stream is one of these. */
const Envelope = z.union([
  Failure.strict(),
  z.strictObject({ success: z.literal(true), data: z.unknown() }),
  z.strictObject({ success: z.literal(true), data: z.array(z.unknown()), nextCursor: z.string().nullable() }),
])

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server sent; tests look into it freely.
  body: any
}

export interface TestServer {
  app: FastifyInstance
  url: string
  /** One request; answers under `/api` are held against their envelope. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  stop(): Promise<void>
}

export interface CallOptions {
  role?: Role
  secret?: string
  json?: unknown
  body?: string
  headers?: Record<string, string>
}

/** The control plane behind a server that is not its own, as the data plane runs it. */
export async function startControlPlane(change: Partial<ControlPlaneServices> = {}): Promise<TestServer> {
  const app = await createControlPlane(fakeServices(change))
  const server = createServer((request, response) => app.routing(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    app,
    url,
    call: async (method, path, options = {}) => {
      const { role, json, headers } = options
      const secret = options.secret ?? (role && secretOf(role))
      const body = json === undefined ? options.body : JSON.stringify(json)
      const response = await fetch(url + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(secret && { authorization: `Bearer ${secret}` }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
      const parsed: unknown = isJson ? JSON.parse(text) : text
      if (path.startsWith('/api') && isJson) Envelope.parse(parsed)
      return { status: response.status, headers: response.headers, body: parsed }
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await app.close()
    },
  }
}
