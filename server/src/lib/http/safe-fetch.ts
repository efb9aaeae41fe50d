import { promises as dns, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { anySignal } from '../signals.ts'
import { type AllowedPlaces, isPublic, parseAllowed } from './addresses.ts'
import { networkCode } from './pools.ts'

export type FetchFailure = 'refused' | 'empty' | 'too_large' | 'timeout' | 'status' | 'network'

/** Why a URL was not fetched; the message reads on after the name of the host. */
export class SafeFetchError extends Error {
  override readonly name = 'SafeFetchError'
  readonly reason: FetchFailure
  /** Of the answer, where there was one. */
  readonly status: number | undefined

  constructor(reason: FetchFailure, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    this.status = options.status
  }
}

/** The addresses of a name, as `dns.lookup` gives them. */
export type Resolver = (hostname: string) => Promise<LookupAddress[]>

export interface SafeFetcherOptions {
  /** Hosts, addresses and ranges that may be fetched from although they are not public. */
  allowed?: readonly string[]
  resolve?: Resolver
}

export interface SafeRequest {
  maxBytes: number
  /** For everything: names, connections, redirects and the body. */
  timeoutMs: number
  signal?: AbortSignal
  /** An origin that may be private, because the configuration names it itself. */
  trust?: string
}

export interface SafePost {
  headers: Readonly<Record<string, string>>
  body: string
  /** How much of the answer is read; the rest is not waited for. */
  maxBytes: number
  /** For everything: names, connections and the answer. */
  timeoutMs: number
  signal?: AbortSignal
}

export interface PostAnswer {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  /** The beginning of the body: as much as was wanted and came in time. */
  beginning: Buffer
}

export interface SafeAnswer {
  /** As the server calls it. */
  contentType: string | undefined
  /** Must be read to its end or left by `return`, or the connection stays open. */
  body: AsyncIterable<Uint8Array>
}

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const systemResolver: Resolver = (hostname) => dns.lookup(hostname, { all: true, verbatim: true })

/** A lookup that knows one answer, so that what was checked is what is connected to. */
const pinned =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_hostname, options, callback) => {
    const found = options.family === 4 || options.family === 6 ? matching(addresses, options.family) : addresses
    const first = found[0]
    if (first === undefined) callback(new Error('ENOTFOUND'), '')
    else if (options.all) callback(null, [...found])
    else callback(null, first.address, first.family)
  }

const matching = (addresses: readonly LookupAddress[], family: number) =>
  addresses.filter((address) => address.family === family)

/**
 * Fetches URLs that strangers name. Only http and https, only machines of the
 * public internet (or what the configuration allows), with every redirect
 * checked anew; without credentials, within a size and a time. A name is
 * resolved once, and that answer is both checked and connected to, so that a
 * name which changes its addresses in between gains nothing by it.
 */
export class SafeFetcher {
  readonly #allowed: AllowedPlaces
  readonly #resolve: Resolver

  /** @throws RangeError for an entry of `allowed` that is neither a host nor a range */
  constructor({ allowed = [], resolve = systemResolver }: SafeFetcherOptions = {}) {
    this.#allowed = parseAllowed(allowed)
    this.#resolve = resolve
  }

  /** @throws SafeFetchError, or the reason of the request's own signal */
  async open(url: string, request: SafeRequest): Promise<SafeAnswer> {
    const { signal, told } = limitOf(request, 'did not send everything')
    try {
      let target = parse(url)
      for (let redirects = 0; ; redirects += 1) {
        const { agent, answer } = await this.#ask(target, target.origin === request.trust, GET, signal)
        const { statusCode: status, headers } = answer
        if (REDIRECTS.has(status) && headers.location !== undefined) {
          await agent.destroy()
          if (redirects === MAX_REDIRECTS)
            throw new SafeFetchError('refused', `redirects more than ${MAX_REDIRECTS} times`)
          target = parse(String(headers.location), target)
          continue
        }
        try {
          requireUsable(answer, request.maxBytes)
        } catch (error) {
          await agent.destroy()
          throw error
        }
        const type = headers['content-type']
        return {
          contentType: type === undefined ? undefined : String(type),
          body: bounded(answer.body, agent, request.maxBytes, told),
        }
      }
    } catch (error) {
      throw told(error)
    }
  }

  /** All of it. @throws SafeFetchError, or the reason of the request's own signal */
  async read(url: string, request: SafeRequest): Promise<{ contentType: string | undefined; bytes: Buffer }> {
    const { contentType, body } = await this.open(url, request)
    return { contentType, bytes: Buffer.concat(await Array.fromAsync(body)) }
  }

  /**
   * One POST. Any status is an answer, also that of a redirect, which is not
   * followed; nothing is sent twice.
   *
   * @throws SafeFetchError where there was no answer, or the reason of the request's own signal
   */
  async post(url: string, request: SafePost): Promise<PostAnswer> {
    const { signal, told } = limitOf(request, 'did not answer')
    try {
      const { body, headers } = request
      const { agent, answer } = await this.#ask(parse(url), false, { method: 'POST', headers, body }, signal)
      try {
        return {
          status: answer.statusCode,
          headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
          beginning: await beginning(answer.body, request.maxBytes),
        }
      } finally {
        await agent.destroy()
      }
    } catch (error) {
      throw told(error)
    }
  }

  /** @throws SafeFetchError where nothing may be asked of the URL, or its name has no address */
  async check(url: string, timeoutMs: number): Promise<void> {
    const { signal, told } = limitOf({ timeoutMs }, 'has no address that was found')
    try {
      await within(this.#addressesOf(parse(url), false), signal)
    } catch (error) {
      throw told(error)
    }
  }

  /** Whether a URL is one that would be asked at all: of a machine that is known, and allowed. Never throws. */
  async permits(url: string, { trust, signal, timeoutMs }: Omit<SafeRequest, 'maxBytes'>): Promise<boolean> {
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const target = parse(url)
      const known = this.#addressesOf(target, target.origin === trust)
      await within(known, signal ? anySignal([signal, limit]) : limit)
      return true
    } catch {
      return false
    }
  }

  async #ask(
    target: URL,
    trusted: boolean,
    { method, headers, body }: { method: 'GET' | 'POST'; headers: Readonly<Record<string, string>>; body?: string },
    signal: AbortSignal,
  ): Promise<{ agent: Agent; answer: Dispatcher.ResponseData }> {
    const addresses = await within(this.#addressesOf(target, trusted), signal)
    const agent = new Agent({
      connect: { lookup: pinned(addresses) },
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
    try {
      const answer = await agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method,
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'turnout', ...headers },
        body,
        signal,
      })
      // Whoever leaves the body unread must not be hit by its failure.
      answer.body.on('error', () => {})
      return { agent, answer }
    } catch (error) {
      await agent.destroy()
      throw error
    }
  }

  /** @throws SafeFetchError where one of them is not to be reached */
  async #addressesOf({ hostname }: URL, trusted: boolean): Promise<LookupAddress[]> {
    const literal = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    const family = isIP(literal)
    const addresses = family === 0 ? await this.#resolve(hostname) : [{ address: literal, family }]
    if (addresses.length === 0) throw new SafeFetchError('network', 'has no address')
    if (trusted || this.#allowed.host(literal)) return addresses
    for (const { address } of addresses) {
      if (!isPublic(address) && !this.#allowed.address(address)) {
        throw new SafeFetchError('refused', 'is not on the public internet')
      }
    }
    return addresses
  }
}

const GET = { method: 'GET', headers: {} } as const

/** The end of a request's time, and how whatever ended it is told. */
function limitOf({ timeoutMs, signal: own }: { timeoutMs: number; signal?: AbortSignal }, late: string) {
  const limit = AbortSignal.timeout(timeoutMs)
  const told = (error: unknown): unknown => {
    if (own?.aborted) return own.reason
    if (limit.aborted) return new SafeFetchError('timeout', `${late} within ${timeoutMs} ms`)
    return error instanceof SafeFetchError
      ? error
      : new SafeFetchError('network', networkMessage(error), { cause: error })
  }
  return { signal: own ? anySignal([own, limit]) : limit, told }
}

/** What comes of a body, up to that size; one that fails or stalls is taken as far as it came. */
async function beginning(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= maxBytes) break
    }
  } catch {
    // The status has come, and that is what counts.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}

/** @throws SafeFetchError for what is no URL of the web, or holds a credential */
function parse(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new SafeFetchError('refused', 'is not a valid URL')
  const url = new URL(text, base?.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SafeFetchError('refused', 'is neither http nor https')
  }
  if (url.username !== '' || url.password !== '') {
    throw new SafeFetchError('refused', 'must not have a user name or a password in its URL')
  }
  return url
}

/** @throws SafeFetchError for anything but a good answer of a bearable size that can be read as it is */
function requireUsable({ statusCode, headers }: Dispatcher.ResponseData, maxBytes: number): void {
  if (statusCode !== 200) {
    throw new SafeFetchError('status', `answered with the status ${statusCode}`, { status: statusCode })
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new SafeFetchError('network', 'encoded its answer although that was not asked for', { status: statusCode })
  }
  if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes)
}

const tooLarge = (maxBytes: number) => new SafeFetchError('too_large', `is larger than ${maxBytes} bytes`)

const networkMessage = (error: unknown): string => `cannot be reached (${networkCode(error)})`

/** A body that is cut off where it grows too large; its connection ends with it. */
async function* bounded(
  body: AsyncIterable<Uint8Array>,
  agent: Agent,
  maxBytes: number,
  told: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  } catch (error) {
    throw told(error)
  } finally {
    await agent.destroy()
  }
}

/** A name server does not hear signals: the wait for it ends all the same. */
function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
