import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Callbacks, type MadeCallback } from './callbacks.ts'
import { DOUBLES } from './doubles.ts'
import { exchange, type Host } from './exchange.ts'
import { FaultQueue, type Faults } from './faults.ts'
import { Files } from './files.ts'
import { type AbortedRequest, type Bill, type Leak, Ledger, type RecordedRequest } from './ledger.ts'
import { ModelTable } from './openai/models.ts'
import { Router } from './routing.ts'
import { type Answers, Script } from './script.ts'
import { Tasks } from './tasks.ts'
import { PromptCache } from './text/prompt-cache.ts'
import type { Delays } from './types.ts'

export interface EmulatorOptions extends Partial<Delays> {
  /** `127.0.0.1` unless said otherwise. */
  host?: string
  /** A free port unless said otherwise. */
  port?: number
  /** Credentials that every provider accepts, for AWS access key ids; any that is not empty unless said otherwise. */
  credentials?: readonly string[]
  /** The secret that AWS signatures are verified with; without it only their form is checked. */
  awsSecret?: string
  /** Further model ids of every provider; their kind is guessed from the id. */
  models?: readonly string[]
  /** How often submitted work says that it is pending before it is done; 1 unless said otherwise. */
  pendingPolls?: number
}

export interface Emulator {
  url: string
  /** The base URL for an OpenAI client. */
  openaiBaseUrl: string
  /**
   * The base URL for a provider's client: what stands in for `https://api.anthropic.com` and the like.
   *
   * @throws TypeError for a provider that the emulator does not have
   */
  baseUrl(provider: string): string
  faults: Faults
  /** What models of OpenAI's protocol are to say word for word. */
  answers: Answers
  /** The latest requests, oldest first. */
  requests(): RecordedRequest[]
  /** What a provider would charge for what was asked so far. */
  bill(): Bill
  /** The requests whose client went away before the answer was complete. */
  aborted(): AbortedRequest[]
  /** The requests to result URLs that carried a credential. */
  leaks(): Leak[]
  /** The webhooks that were called for submitted work, oldest first. */
  callbacks(): MadeCallback[]
  /** Forgets requests, bill, leaks, faults, scripted answers, tasks, results and prompt cache. */
  reset(): void
  /** Ends all connections and timers. */
  close(): Promise<void>
}

/** As patient with idle connections as a provider's edge; Node's own 5 s would race with a client's next request. */
const KEEP_ALIVE_MS = 75_000

/** Ids of the providers that the emulator stands in for. */
export const PROVIDERS: readonly string[] = DOUBLES.map(({ id }) => id)

function mountOf(provider: string): string {
  const double = DOUBLES.find(({ id }) => id === provider)
  if (!double) throw new TypeError(`The emulator has no provider '${provider}'.`)
  return double.mount
}

/** Starts a server that answers as the providers' APIs do, without a model behind it. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const closing = new AbortController()
  const faults = new FaultQueue()
  const ledger = new Ledger()
  const promptCache = new PromptCache()
  const script = new Script()
  const tasks = new Tasks(options.pendingPolls ?? 1)
  const files = new Files()
  const callbacks = new Callbacks(closing.signal)
  const objects: Host['world']['objects'] = new Map()
  const { chunkDelayMs = 0, firstChunkDelayMs = 0, imageDelayMs = 0 } = options
  const reset = (): void => {
    faults.clear()
    ledger.clear()
    promptCache.clear()
    script.clear()
    tasks.clear()
    files.clear()
    callbacks.clear()
    objects.clear()
  }
  const host: Host = {
    faults,
    ledger,
    reset,
    world: {
      models: new ModelTable(options.models ?? []),
      moreModels: options.models ?? [],
      promptCache,
      script,
      delays: { chunkDelayMs, firstChunkDelayMs, imageDelayMs },
      tasks,
      callbacks,
      files,
      objects,
    },
    router: new Router(DOUBLES),
    accepted: { credentials: options.credentials && new Set(options.credentials), awsSecret: options.awsSecret },
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
    baseUrl: (provider) => `${url}${mountOf(provider)}`,
    faults,
    answers: script,
    requests: () => ledger.requests(),
    bill: () => ledger.bill(),
    aborted: () => ledger.aborted(),
    leaks: () => ledger.leaks(),
    callbacks: () => callbacks.made(),
    reset,
    close: async () => {
      closing.abort()
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      await Promise.all([closed, callbacks.settle(), ...running])
    },
  }
}
