import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, MediaAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { mediaTypeOf } from '../../core/image/media-type.ts'
import type { Media } from '../../core/media.ts'
import { SafeFetchError, type SafeFetcher } from '../../lib/http/safe-fetch.ts'

type Bytes = Uint8Array | AsyncIterable<Uint8Array>

/** Where an output is for a client. */
export type Kept = { base64: string } | { url: string }

/** What is done with the bytes of an output. It may be called again when the bytes ended in an error. */
export type Sink = (bytes: Bytes) => Promise<Kept & { mediaType?: string }>

/** One output as a client gets it. */
export type Output = Kept & { mediaType: string; revisedPrompt?: string; seed?: number }

/** What became of one output: it, or why it could not be had. */
export interface Collected {
  output?: Output
  error?: TurnoutError
  warning?: string
}

export interface OutputServices {
  fetcher: SafeFetcher
}

/** The largest picture that is taken from a provider. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
/** How long the bytes of an output may take to come. */
export const FETCH_MS = 120_000
const TRIES = 3
const BETWEEN_TRIES_MS = 500

/** All bytes, as base64. */
export const toBase64: Sink = async (bytes) => {
  const whole = bytes instanceof Uint8Array ? bytes : Buffer.concat(await Array.fromAsync(bytes))
  if (whole.length === 0) throw new SafeFetchError('refused', 'has no bytes')
  const base64 = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('base64')
  return { base64, mediaType: mediaTypeOf(whole) }
}

/** Where the bytes of outputs are fetched from, and what for. */
export interface OutputSource {
  provider: string
  adapter: MediaAdapter<never>
  connection: Connection
  signal: AbortSignal
  sink: Sink
}

/** Bytes that end in an error where they grow too many or nobody wants them any more. */
async function* bounded(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    size += chunk.length
    if (size > MAX_OUTPUT_BYTES) throw new SafeFetchError('too_large', `is larger than ${MAX_OUTPUT_BYTES} bytes`)
    yield chunk
  }
}

/** What can be opened only by the adapter, with the credential that it takes. */
async function openSealed(media: Media, { adapter, connection, provider, signal }: OutputSource): Promise<Bytes> {
  if (adapter.open === undefined) {
    throw new TurnoutError('internal', `The adapter of ${provider} cannot open the outputs that it has sealed.`)
  }
  const limited = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)])
  const { status, body } = await adapter.open(media, { ...connection, signal: limited })
  if (status >= 300) throw new SafeFetchError('status', `answered with the status ${status}`, { status })
  return bounded(body, signal)
}

/**
 * A provider's URL is a stranger's as much as a client's is. Only where it
 * leads back to the address of the configuration may that be a private one.
 */
async function openUrl(url: string, source: OutputSource, { fetcher }: OutputServices): Promise<Bytes> {
  const data = /^data:[^,]*;base64,/i.exec(url.slice(0, 256))
  if (data) return Buffer.from(url.slice(data[0].length), 'base64')
  const { connection, signal } = source
  const trust = new URL(connection.baseUrl).origin
  const answer = await fetcher.open(url, { maxBytes: MAX_OUTPUT_BYTES, timeoutMs: FETCH_MS, signal, trust })
  return answer.body
}

/** Whether the bytes may come if they are asked for again. */
function mayCome(error: unknown): boolean {
  if (error instanceof TurnoutError) return error.retryable
  if (!(error instanceof SafeFetchError)) return false
  return error.reason === 'network' || error.reason === 'timeout' || (error.status ?? 0) >= 500 || error.status === 404
}

const isWebUrl = ({ url, sealed }: Media): boolean =>
  url !== undefined && !sealed && /^https?:/i.test(url) && URL.canParse(url)

async function takeBytes(media: Media, source: OutputSource, services: OutputServices) {
  const { sink, signal } = source
  if (media.bytes) return sink(media.bytes)
  if (media.body) return sink(bounded(media.body, signal))
  for (let tries = 1; ; tries += 1) {
    try {
      return await sink(media.sealed ? await openSealed(media, source) : await openUrl(media.url!, source, services))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (tries === TRIES || !mayCome(error)) throw error
      await sleep(BETWEEN_TRIES_MS * tries, undefined, { signal }).catch(() => {
        throw signal.reason
      })
    }
  }
}

/** The reasons of the fetcher read on after the name of a host. */
function reasonOf(error: unknown): string {
  if (error instanceof SafeFetchError) return `it ${error.message}.`
  return error instanceof TurnoutError ? error.message : 'the connection was lost.'
}

/**
 * Brings one output to where the client can have it. It has been paid for: if
 * its bytes cannot be had, the client gets the provider's own address for it,
 * where there is one. Never throws.
 */
export async function collect(media: Media, source: OutputSource, services: OutputServices): Promise<Collected> {
  const { revisedPrompt, seed } = media
  const told = { ...(revisedPrompt !== undefined && { revisedPrompt }), ...(seed !== undefined && { seed }) }
  try {
    const { mediaType = media.mediaType, ...kept } = await takeBytes(media, source, services)
    return { output: { ...kept, mediaType, ...told } }
  } catch (error) {
    if (source.signal.aborted) return { error: TurnoutError.from(source.signal.reason) }
    const { provider } = source
    if (isWebUrl(media)) {
      const { host } = new URL(media.url!)
      return {
        output: { url: media.url!, mediaType: media.mediaType, ...told },
        warning: `A picture could not be fetched from ${host}: ${reasonOf(error)} Its address at ${provider} is given instead, which may soon expire.`,
      }
    }
    // Whatever it was that failed: to ask for the picture once more would be to pay for it once more.
    const message = `A picture was made and paid for, but could not be fetched from ${provider}: ${reasonOf(error)}`
    return { error: new TurnoutError('invalid_output', message, { provider, retryable: false, cause: error }) }
  }
}
