import type { StreamEvent } from '../types.ts'

/** How one event is to be written. */
export interface Stroke {
  /** Counted from 0. */
  index: number
  /** Its JSON is broken off in the middle; the frame around it stays whole. */
  broken: boolean
  /** Lines end in CRLF and comments stand between events, where the framing has lines and comments. */
  crlf: boolean
}

/** How a stream is cut into events on the wire. */
export interface Framing {
  contentType: string
  encode(event: StreamEvent, stroke: Stroke): Buffer
  /** Bytes after the last event; a stream without its end marker lacks them. */
  close(events: number): Buffer | undefined
  /** Bytes that mean nothing, or the beginning of a frame: what a stream that is cut ends with. */
  filler: Buffer
}

function textOf({ data }: StreamEvent): string {
  if (typeof data === 'string') return data
  return Buffer.isBuffer(data) ? data.toString() : JSON.stringify(data)
}

/** The content of an event as it is written, or its first half. */
export function contentOf(event: StreamEvent, broken: boolean): Buffer {
  const whole = Buffer.isBuffer(event.data) ? event.data : Buffer.from(textOf(event))
  return broken ? whole.subarray(0, Math.floor(whole.length / 2)) : whole
}

const nothing = (): undefined => undefined

/** Server-sent events, with `event:` lines where events have names. */
export const SSE: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  encode(event, { broken, crlf }) {
    const end = crlf ? '\r\n' : '\n'
    const comment = crlf ? `: keep-alive${end}${end}` : ''
    const name = event.event === undefined ? '' : `event: ${event.event}${end}`
    const data = broken ? contentOf(event, true).toString().trimEnd() : textOf(event)
    return Buffer.from(`${comment}${name}data: ${data}${end}${end}`)
  },
  close: nothing,
  filler: Buffer.from(':\n\n'),
}

/** One JSON value per line. */
export const NDJSON: Framing = {
  contentType: 'application/x-ndjson',
  encode: (event, { broken, crlf }) => Buffer.concat([contentOf(event, broken), Buffer.from(crlf ? '\r\n' : '\n')]),
  close: nothing,
  filler: Buffer.from('\n'),
}

/** One JSON array whose elements arrive one after the other. */
export const JSON_ARRAY: Framing = {
  contentType: 'application/json; charset=UTF-8',
  encode(event, { index, broken, crlf }) {
    const end = crlf ? '\r\n' : '\n'
    return Buffer.concat([Buffer.from(index === 0 ? '[' : `,${end}`), contentOf(event, broken)])
  },
  close: (events) => Buffer.from(events === 0 ? '[]' : ']'),
  filler: Buffer.from('\n'),
}
