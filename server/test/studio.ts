import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connection, ProviderAdapter, TransportResponse } from '../src/core/adapter.ts'
import { TurnoutError } from '../src/core/error.ts'
import type { ImageCall, Media, MediaDone, MediaOutcome, MediaPending } from '../src/core/media.ts'
import { ADAPTERS } from '../src/main.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { PIXEL } from './upstream.ts'

export const PICTURE = Buffer.from(PIXEL, 'base64')

type Act = (call: ImageCall, connection: Connection) => MediaOutcome | Promise<MediaOutcome>

/** A provider of pictures in no dialect that anybody knows, and a server where it keeps its results. */
export interface Studio {
  origin: string
  calls: ImageCall[]
  log: string[]
  /** What the next starts answer, in the order of the calls; past them a picture. */
  start(...acts: Act[]): void
  /** What the next polls answer. */
  poll(...acts: ((connection: Connection) => MediaOutcome)[]): void
  /** What is at a path of the server; else it is the picture. */
  files: Map<string, { status?: number; body?: Buffer }>
  reset(): void
  close(): Promise<void>
}

export const done = (media: Media[] | Media, more: Partial<MediaDone> = {}): MediaDone => ({
  status: 'done',
  media: Array.isArray(media) ? media : [media],
  usage: { images: Array.isArray(media) ? media.length : 1 },
  warnings: [],
  ...more,
})
export const inline: Media = { bytes: PICTURE, mediaType: 'image/png' }

const answerOf = (body: Buffer): TransportResponse => ({
  status: 200,
  headers: {},
  body: {
    async *[Symbol.asyncIterator]() {
      yield body
    },
  },
  text: async () => body.toString(),
  json: async () => JSON.parse(body.toString()) as unknown,
})

/** Adds an adapter named `studio` to those of this process. */
export async function startStudio(): Promise<Studio> {
  const starts: Act[] = []
  const polls: ((connection: Connection) => MediaOutcome)[] = []
  const files: Studio['files'] = new Map()
  const studio: Omit<Studio, 'origin' | 'close'> = {
    calls: [],
    log: [],
    files,
    start: (...acts) => void starts.push(...acts),
    poll: (...acts) => void polls.push(...acts),
    reset() {
      starts.length = 0
      polls.length = 0
      studio.calls.length = 0
      studio.log.length = 0
      files.clear()
    },
  }
  const adapter: ProviderAdapter = {
    id: 'studio',
    image: {
      links: false,
      async start(call, connection) {
        studio.calls.push(call)
        studio.log.push('start')
        const act = starts.shift()
        return act ? act(call, connection) : done(Array.from({ length: call.count }, () => inline))
      },
      async poll(operation, connection) {
        studio.log.push(`poll ${operation.id}`)
        return polls.shift()!(connection)
      },
      async cancel(operation) {
        studio.log.push(`cancel ${operation.id}`)
      },
      async open({ url }, { credential }) {
        studio.log.push(`open ${url} with ${credential}`)
        return answerOf(PICTURE)
      },
    },
  }
  ;(ADAPTERS as Map<string, ProviderAdapter>).set(adapter.id, adapter)
  const server: Server = createServer((request, response) => {
    studio.log.push(`GET ${request.url} ${request.headers.authorization ?? 'without credential'}`)
    const { status = 200, body = PICTURE } = files.get(request.url!) ?? {}
    response.writeHead(status, { 'content-type': 'image/png' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(studio, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  })
}

export const SECRET = 'studio-credential-of-the-house'
const INPUTS = {
  type: 'object',
  properties: {
    raw: { type: 'boolean' },
    tolerance: { type: 'integer', minimum: 0, maximum: 6 },
    output_format: { type: 'string', enum: ['png', 'jpeg'] },
  },
}

/** A gateway whose models `brush`, `press` and `pen` are the studio's: one makes one picture per call, one four, and one just one at a time, by four calls at once. */
export const startStudioGateway = (studio: Studio, args: string[] = []): Promise<TestGateway> =>
  startGateway({
    args,
    env: { STUDIO_KEY: SECRET },
    configuration: JSON.stringify({
      providers: { studio: { adapter: 'studio', baseUrl: studio.origin, credential: 'env:STUDIO_KEY' } },
      models: [
        {
          id: 'brush',
          provider: 'studio',
          upstreamId: 'brush-v2',
          output: ['image'],
          capabilities: { steps: false },
          limits: { images: 1, aspectRatios: ['16:9', '1:1', '9:16'] },
          inputs: INPUTS,
          prices: { rates: [{ unit: 'image', usd: '0.04' }], source: 'test', asOf: '2026-11-01' },
        },
        { id: 'press', provider: 'studio', output: ['image'], limits: { images: 4 } },
        { id: 'pen', provider: 'studio', output: ['image'], limits: { images: 1, jobs: 4 } },
      ],
      discovery: false,
      retry: { maxRetries: 1, backoffBase: 0.01, backoffFactor: 1 },
    }),
  })

export const pending = (more: Partial<MediaPending> = {}): MediaPending => ({
  status: 'pending',
  operation: { id: 'op_1' },
  pollAfterMs: 1,
  ...more,
})
export const no = (
  code: ConstructorParameters<typeof TurnoutError>[0],
  message = `${code} by the studio`,
  options = {},
) => {
  return () => {
    throw new TurnoutError(code, message, options)
  }
}
