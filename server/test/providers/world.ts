import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Emulator, type Fault, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { Connection, Transport } from '../../src/core/adapter.ts'
import type { Deployment } from '../../src/core/deployment.ts'
import { TurnoutError } from '../../src/core/error.ts'
import { toldToClient } from '../../src/gateway/told.ts'
import { createTransport } from '../../src/gateway/transport.ts'
import { OriginPools } from '../../src/lib/http/pools.ts'
import type { Subject } from './subject.ts'

const OPTIONS = { connectMs: 5_000, maxConnections: 8 }

/** The provider as the suite meets it: a double of its own, reached over HTTP. */
export interface World {
  readonly emulator: Emulator
  /** A connection as the gateway makes them. */
  connect(...overrides: (Partial<Connection> | undefined)[]): Connection
  /** The next answer goes wrong, or as many as said. */
  fail(fault: Fault, times?: number): void
  /** The next answer never comes; the deadline that is returned passes while it is waited for. */
  silence(): AbortSignal
  /** Where requests went, and whether each carried the credential. */
  readonly sent: { origin: string; carriesCredential: boolean }[]
  /** Whether any request had these words in it. */
  said(words: string): boolean
}

const CREDENTIAL = 'emulated-credential-4711'

/** The parts of a credential that are secrets of their own. */
const partsOf = (credential: string): string[] =>
  [credential, ...credential.split(':')].filter((part) => part.length >= 6)

export const credentialOf = ({ credential = CREDENTIAL }: Subject): string => credential

/** Starts the world of a subject around all tests of a file. */
export function openWorld(subject: Subject): World {
  const { adapter, double = adapter.id, path = '', accepts } = subject
  const credential = credentialOf(subject)
  const pools = new OriginPools()
  const sent: World['sent'] = []
  let written = ''
  let emulator: Emulator | undefined

  beforeAll(async () => {
    emulator = await startEmulator({ credentials: [credential], ...accepts })
    await subject.prepare?.(world.connect())
  })
  beforeEach(() => {
    emulator!.reset()
    sent.length = 0
    written = ''
  })
  afterAll(async () => {
    await pools.destroy()
    await emulator!.close()
  })

  const direct = createTransport(pools, adapter.id, OPTIONS)
  const transport: Transport = (url, request) => {
    const whole = `${url} ${JSON.stringify(request.headers)} ${String(request.body ?? '')}`
    sent.push({ origin: new URL(url).origin, carriesCredential: whole.includes(credential) })
    written += whole
    return direct(url, request)
  }
  const world: World = {
    get emulator() {
      return emulator!
    },
    sent,
    said: (words) => written.includes(words),
    connect: (...overrides) =>
      Object.assign(
        {
          provider: adapter.id,
          baseUrl: emulator!.baseUrl(double) + path,
          credential,
          settings: {},
          headers: {},
          flags: {},
          signal: AbortSignal.timeout(20_000),
          transport,
        } satisfies Connection,
        subject.connection?.(emulator!),
        ...overrides,
      ) as Connection,
    fail: (fault, times = 1) => emulator!.faults.add({ fault, times }),
    silence() {
      const deadline = new AbortController()
      emulator!.faults.add({ fault: { kind: 'silence' } })
      void vi
        .waitUntil(() => emulator!.faults.list().length === 0, { timeout: 20_000, interval: 5 })
        .catch(() => undefined)
        .then(() => deadline.abort(new DOMException('The deadline has passed.', 'TimeoutError')))
      return deadline.signal
    },
  }
  return world
}

/** The failure of work that must fail, and only with an error that may cross walls. */
export async function failureOf(work: Promise<unknown>): Promise<TurnoutError> {
  const error = await work.then(
    (value) => expect.unreachable(`it succeeded: ${JSON.stringify(value)?.slice(0, 300)}`),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TurnoutError)
  return error as TurnoutError
}

/** The failure as clients are told, which must not hold the credential or a part of it. */
export function toldSafely(error: TurnoutError, credential: string): string {
  const deployment = { provider: { credential, headers: {} } } as Deployment
  const told = toldToClient(error, { deployment, paidOnAcceptance: false, committed: false })
  const { message, details, param, upstreamCode, upstreamRequestId } = told
  const all = JSON.stringify([message, details, param, upstreamCode, upstreamRequestId])
  for (const part of partsOf(credential)) expect(all).not.toContain(part)
  return message
}

/** An address at which nobody listens any more. */
export async function deserted(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** Somebody else's server, and what it was told. */
export async function startStranger(): Promise<{ origin: string; heard: string[]; close(): Promise<void> }> {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(JSON.stringify([request.url, request.rawHeaders]))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    heard,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
