import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec'

/** What the tests of AWS's protocols share: their frames, and a signing connection. */

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

const frame = (headers: Readonly<Record<string, string>>, body: string | Uint8Array): Buffer => {
  const typed: MessageHeaders = {}
  for (const [name, value] of Object.entries(headers)) typed[name] = { type: 'string', value }
  return Buffer.from(codec.encode({ headers: typed, body: Buffer.from(body as Uint8Array) }))
}

/** One event as AWS frames it. */
export const eventFrame = (name: string, body: unknown): Buffer =>
  frame(
    { ':message-type': 'event', ':event-type': name, ':content-type': 'application/json' },
    body instanceof Uint8Array ? body : JSON.stringify(body),
  )

export const exceptionFrame = (name: string, body: unknown): Buffer =>
  frame({ ':message-type': 'exception', ':exception-type': name }, JSON.stringify(body))

export const errorFrame = (code: string, message: string): Buffer =>
  frame({ ':message-type': 'error', ':error-code': code, ':error-message': message }, '')

/** Events that are each an object with one member, whose name is that of the event. */
export const eventFrames = (events: readonly Record<string, unknown>[]): Buffer =>
  Buffer.concat(events.flatMap((event) => Object.entries(event).map(([name, body]) => eventFrame(name, body))))

/** Published in AWS's documentation; opens nothing. */
export const KEYS = 'AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
