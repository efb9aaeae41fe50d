import type { Connection, MediaAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media } from '../../core/media.ts'
import { SafeFetchError, type SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { anySignal } from '../../lib/signals.ts'

/** Whose output it is, and with what its adapter opens it. */
export interface OutputOrigin {
  provider: string
  adapter: MediaAdapter<never>
  connection: Connection
  signal: AbortSignal
}

export interface OpenLimits {
  maxBytes: number
  timeoutMs: number
}

/**
 * The bytes of an output that the provider keeps. A provider's URL is a
 * stranger's as much as a client's is: only where it leads back to the address
 * of the configuration may that be a private one. Where only the adapter can
 * open it, that takes the credential.
 *
 * @throws SafeFetchError, TurnoutError
 */
export async function openOutput(
  media: Pick<Media, 'url' | 'sealed' | 'mediaType'>,
  { provider, adapter, connection, signal }: OutputOrigin,
  { fetcher }: { fetcher: SafeFetcher },
  { maxBytes, timeoutMs }: OpenLimits,
): Promise<AsyncIterable<Uint8Array>> {
  const { url } = media
  if (media.sealed) {
    if (adapter.open === undefined) {
      throw new TurnoutError('internal', `The adapter of ${provider} cannot open the outputs that it has sealed.`)
    }
    const limited = anySignal([signal, AbortSignal.timeout(timeoutMs)])
    const { status, body } = await adapter.open(media, { ...connection, signal: limited })
    if (status >= 300) throw new SafeFetchError('status', `answered with the status ${status}`, { status })
    return body
  }
  if (url === undefined) throw new TurnoutError('invalid_output', `${provider} did not say where its output is.`)
  const trust = new URL(connection.baseUrl).origin
  return (await fetcher.open(url, { maxBytes, timeoutMs, signal, trust })).body
}

/** Of those below 500, what says nothing of the bytes: not there yet, too slow, too early, too often. */
const PASSING: ReadonlySet<number> = new Set([404, 408, 425, 429])

/** Whether the bytes may come if they are asked for again. */
export function mayCome(error: unknown): boolean {
  if (error instanceof TurnoutError) return error.retryable
  if (!(error instanceof SafeFetchError)) return false
  const { reason, status = 0 } = error
  return reason === 'network' || reason === 'timeout' || status >= 500 || PASSING.has(status)
}

/** Why an output could not be fetched; the reasons of the fetcher read on after the name of a host. */
export function reasonOf(error: unknown): string {
  if (error instanceof SafeFetchError) return `it ${error.message}.`
  return error instanceof TurnoutError ? error.message : 'the connection was lost.'
}

/** A failure to fetch an output, as jobs tell it. */
export function fetchFailure(error: unknown, provider: string): TurnoutError {
  if (error instanceof TurnoutError) return error
  return new TurnoutError('invalid_output', `An output of ${provider} could not be fetched: ${reasonOf(error)}`, {
    provider,
    retryable: mayCome(error),
    ...(error instanceof SafeFetchError && error.status !== undefined && { upstreamStatus: error.status }),
    cause: error,
  })
}
