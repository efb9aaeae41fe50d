import { expect } from 'vitest'
import type { Connection, MediaAdapter } from '../../src/core/adapter.ts'
import type { Media, MediaDone, MediaOutcome, MediaPending } from '../../src/core/media.ts'

/** What every picture and video of the suite is of. */
export const mediaCall = { prompt: 'A red tram on a hill' }

const MOST_POLLS = 20

type Pollable = Pick<MediaAdapter<never>, 'poll'>

/** Asks until the work is done, without waiting; each time with the handle as storage would bring it back. */
export async function untilDone(
  outcome: MediaOutcome,
  adapter: Pollable,
  connection: Connection,
  seen: MediaPending[] = [],
): Promise<MediaDone> {
  let latest = outcome
  while (latest.status === 'pending') {
    expect(latest.pollAfterMs).toBeGreaterThan(0)
    seen.push(latest)
    if (seen.length > MOST_POLLS) throw new Error('the work is never done')
    const stored = JSON.parse(JSON.stringify(latest.operation)) as MediaPending['operation']
    latest = await adapter.poll!(stored, connection)
  }
  return latest
}

/** The bytes of an output, fetched as the gateway would: without the credential, unless the adapter opens it. */
export async function bytesOf(media: Media, adapter: Pick<MediaAdapter<never>, 'open'>, connection: Connection) {
  if (media.bytes) return Buffer.from(media.bytes)
  if (media.body) return Buffer.concat(await Array.fromAsync(media.body))
  if (media.sealed) {
    const { body } = await adapter.open!(media, connection)
    return Buffer.concat(await Array.fromAsync(body))
  }
  const response = await fetch(media.url!)
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}
