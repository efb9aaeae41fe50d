import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { StreamEvent } from '../types.ts'
import { contentOf, type Framing } from './framing.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

type Headers = Parameters<typeof codec.encode>[0]['headers']

const text = (value: string) => ({ type: 'string' as const, value })

function frame(event: StreamEvent, broken: boolean): Buffer {
  const name = event.event ?? 'chunk'
  const body = contentOf(event, broken)
  const contentType = Buffer.isBuffer(event.data) ? 'application/octet-stream' : 'application/json'
  const headers: Headers = event.exception
    ? { ':exception-type': text(name), ':content-type': text(contentType), ':message-type': text('exception') }
    : { ':event-type': text(name), ':content-type': text(contentType), ':message-type': text('event') }
  return Buffer.from(codec.encode({ headers, body }))
}

/**
 * Frames with length and checksums.
 * Source: botocore, service model of bedrock-runtime (2023-09-30), `eventstream` shapes.
 */
export const EVENT_STREAM: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  encode: (event, { broken }) => frame(event, broken),
  close: () => undefined,
  // The length of a frame that never comes.
  filler: Buffer.from([0, 0, 0]),
}
