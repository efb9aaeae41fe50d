import { setTimeout as sleep } from 'node:timers/promises'
import { TurnoutError } from '../../core/error.ts'
import type { Media } from '../../core/media.ts'
import { SafeFetchError, type SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { mediaTypeOfBytes } from '../../lib/media-type.ts'
import { mayCome, type OutputOrigin, openOutput, reasonOf } from './open.ts'

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
/** How long the names of an address may take to be looked up once more. */
const PERMIT_MS = 5_000
const TRIES = 3
const BETWEEN_TRIES_MS = 500

/** All bytes, as base64. */
export const toBase64: Sink = async (bytes) => {
  const whole = bytes instanceof Uint8Array ? bytes : Buffer.concat(await Array.fromAsync(bytes))
  const base64 = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('base64')
  return { base64, mediaType: mediaTypeOfBytes(whole) }
}

/** Where the bytes of outputs are fetched from, and what for. */
export interface OutputSource extends OutputOrigin {
  sink: Sink
  /**
   * Whether the client may get the provider's own address of an output that
   * cannot be fetched: only where nothing is kept of it anyway.
   */
  handsOut?: boolean | undefined
}

const empty = () => new SafeFetchError('empty', 'has no bytes')

/** Bytes that end in an error where there are none, where they grow too many or nobody wants them any more. */
async function* bounded(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    size += chunk.length
    if (size > MAX_OUTPUT_BYTES) throw new SafeFetchError('too_large', `is larger than ${MAX_OUTPUT_BYTES} bytes`)
    yield chunk
  }
  if (size === 0) throw empty()
}

/** @throws SafeFetchError */
function requireBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw empty()
  return bytes
}

/** The bytes of an output, wherever they are. */
async function open(media: Media, source: OutputSource, services: OutputServices): Promise<Bytes> {
  const data = media.url === undefined || media.sealed ? null : /^data:[^,]*;base64,/i.exec(media.url.slice(0, 256))
  if (data) return requireBytes(Buffer.from(media.url!.slice(data[0].length), 'base64'))
  const body = await openOutput(media, source, services, { maxBytes: MAX_OUTPUT_BYTES, timeoutMs: FETCH_MS })
  return bounded(body, source.signal)
}

/**
 * Whether the provider's own address of an output may go to the client: that
 * of a machine which anybody may ask, so that no provider can point a client
 * at what is private.
 */
async function mayHandOut(error: unknown, { url, sealed }: Media, source: OutputSource, { fetcher }: OutputServices) {
  if (!source.handsOut || url === undefined || sealed) return false
  if (error instanceof SafeFetchError && (error.reason === 'refused' || error.reason === 'empty')) return false
  const { connection, signal } = source
  return fetcher.permits(url, { signal, timeoutMs: PERMIT_MS, trust: new URL(connection.baseUrl).origin })
}

async function takeBytes(media: Media, source: OutputSource, services: OutputServices) {
  const { sink, signal } = source
  if (media.bytes) return sink(requireBytes(media.bytes))
  if (media.body) return sink(bounded(media.body, signal))
  for (let tries = 1; ; tries += 1) {
    try {
      return await sink(await open(media, source, services))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (tries === TRIES || !mayCome(error)) throw error
      await sleep(BETWEEN_TRIES_MS * tries, undefined, { signal }).catch(() => {
        throw signal.reason
      })
    }
  }
}

/**
 * Brings one output to where the client can have it. It has been paid for: if
 * its bytes cannot be had, the client gets the provider's own address for it
 * where that may be handed out, else an error that says so. Never throws.
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
    if (await mayHandOut(error, media, source, services)) {
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
