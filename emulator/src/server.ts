import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exchange, type Host } from './exchange.ts'
import { FaultQueue, type Faults } from './faults.ts'
import { type AbortedRequest, type Bill, Ledger, type RecordedRequest } from './ledger.ts'
import { ModelTable } from './openai/models.ts'
import { PromptCache } from './text/prompt-cache.ts'
import type { Delays } from './types.ts'

export interface EmulatorOptions extends Partial<Delays> {
  /** `127.0.0.1` unless said otherwise. */
  host?: string
  /** A free port unless said otherwise. */
  port?: number
  /** Credentials that are accepted; any that is not empty unless said otherwise. */
  credentials?: readonly string[]
  /** Further model ids; their kind is guessed from the id. */
  models?: readonly string[]
}

export interface Emulator {
  url: string
  /** The base URL for an OpenAI client. */
  openaiBaseUrl: string
  faults: Faults
  /** The latest requests, oldest first. */
  requests(): RecordedRequest[]
  /** What a provider would charge for what was asked so far. */
  bill(): Bill
  /** The requests whose client went away before the answer was complete. */
  aborted(): AbortedRequest[]
  /** Forgets requests, bill, faults and prompt cache. */
  reset(): void
  /** Ends all connections and timers. */
  close(): Promise<void>
}

/** As patient with idle connections as a provider's edge; Node's own 5 s would race with a client's next request. */
const KEEP_ALIVE_MS = 75_000

/** Starts a server that answers as OpenAI's API does, without a model behind it. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const closing = new AbortController()
  const faults = new FaultQueue()
  const ledger = new Ledger()
  const promptCache = new PromptCache()
  const { chunkDelayMs = 0, firstChunkDelayMs = 0, imageDelayMs = 0 } = options
  const reset = (): void => {
    faults.clear()
    ledger.clear()
    promptCache.clear()
  }
  const host: Host = {
    faults,
    ledger,
    reset,
    world: {
      models: new ModelTable(options.models ?? []),
      promptCache,
      delays: { chunkDelayMs, firstChunkDelayMs, imageDelayMs },
    },
    credentials: options.credentials && new Set(options.credentials),
    closing: closing.signal,
  }
  const running = new Set<Promise<void>>()
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const work = exchange(request, response, host).finally(() => running.delete(work))
    running.add(work)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => resolve())
  await promise

  const { address, family, port } = server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  return {
    url,
    openaiBaseUrl: `${url}/v1`,
    faults,
    requests: () => ledger.requests(),
    bill: () => ledger.bill(),
    aborted: () => ledger.aborted(),
    reset,
    close: async () => {
      closing.abort()
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      await Promise.all([closed, ...running])
    },
  }
}
