import type { Fault } from '../faults.ts'
import type { JsonObject, StreamEvent } from '../types.ts'

/** The event as the fault lets it through; undefined where the fault drops it. */
export function alteredEvent(event: StreamEvent, fault: Fault | undefined): StreamEvent | undefined {
  const { part, data } = event
  if (fault?.kind === 'no-end-marker' && part === 'end') return undefined
  if (fault?.kind === 'no-finish' && (part === 'finish' || part === 'usage' || part === 'end')) return undefined
  if (fault?.kind !== 'no-usage' || data === '[DONE]') return event
  return part === 'usage' ? undefined : { ...event, data: withoutUsage(data) }
}

function withoutUsage(body: JsonObject): JsonObject {
  const { usage: _left, ...rest } = body
  return rest
}

/** A buffered body as the fault lets it through. */
export function alteredBody(body: JsonObject, fault: Fault | undefined): JsonObject {
  if (fault?.kind === 'no-usage') return withoutUsage(body)
  if (fault?.kind !== 'no-finish' || !Array.isArray(body.choices)) return body
  return { ...body, choices: body.choices.map((choice: JsonObject) => ({ ...choice, finish_reason: null })) }
}

/** An event in the form of server-sent events. */
export function encodeEvent(event: StreamEvent, fault: Fault | undefined): Buffer {
  const end = fault?.kind === 'crlf' ? '\r\n' : '\n'
  const comment = fault?.kind === 'crlf' ? `: keep-alive${end}${end}` : ''
  const name = event.event === undefined ? '' : `event: ${event.event}${end}`
  const data = event.data === '[DONE]' ? event.data : JSON.stringify(event.data)
  return Buffer.from(`${comment}${name}data: ${data}${end}${end}`)
}

/** The same event with its JSON broken off in the middle; it still ends as an event. */
export function brokenJson(event: Buffer): Buffer {
  const text = event.toString()
  return Buffer.from(`${text.slice(0, Math.floor(text.length / 2)).trimEnd()}\n\n`)
}
