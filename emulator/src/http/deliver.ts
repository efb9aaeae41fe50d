import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../faults.ts'
import { defaultError } from '../openai/errors.ts'
import type { Answer, JsonObject, StreamEvent } from '../types.ts'
import { alteredBody, alteredEvent, brokenJson, encodeEvent } from './alter.ts'

/** One answer on its way out. */
export interface Delivery {
  response: ServerResponse
  headers: Record<string, string>
  fault: Fault | undefined
  /** Aborted when the client goes away or the emulator closes; ends every wait. */
  signal: AbortSignal
}

const DEFAULT_STREAM_ERROR: JsonObject = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: null,
}

/** What stands in for the next event of a stream that is cut: its flush tells that the events before have left. */
const COMMENT = Buffer.from(':\n\n')

/** Waits until the client goes away or the emulator closes. */
async function silence(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal })
}

/** Resolves when the bytes have left, or the connection is gone. */
function flush(response: ServerResponse, bytes: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.write(bytes, () => resolve())
  return promise
}

async function write(bytes: Buffer, { response, fault, signal }: Delivery): Promise<void> {
  if (fault?.kind !== 'split') {
    if (!response.write(bytes)) await once(response, 'drain', { signal })
    return
  }
  for (let start = 0; start < bytes.length; start += fault.bytes) {
    await flush(response, bytes.subarray(start, start + fault.bytes))
    // A turn of the event loop, so that the pieces do not leave as one.
    await setImmediate(undefined, { signal })
  }
}

/** Closes the connection after what was written so far has left. */
async function cut(response: ServerResponse, last: Buffer): Promise<void> {
  await flush(response, last)
  response.destroy()
}

/** An answer with a status of its own, from a fault or a refused request. */
export function sendJson(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: unknown,
): void {
  const bytes = Buffer.from(JSON.stringify(body, null, 2))
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': bytes.length })
  response.end(bytes)
}

function sendStatus({ response, headers }: Delivery, fault: Fault & { kind: 'status' }): void {
  const body = fault.body ?? defaultError(fault.status)?.body
  if (typeof body === 'object') {
    sendJson(response, fault.status, { ...headers, ...fault.headers }, body)
    return
  }
  const text = body ?? `<html><body><h1>${fault.status}</h1><p>The proxy got no answer.</p></body></html>`
  const type = text.startsWith('<') ? 'text/html' : 'text/plain'
  response.writeHead(fault.status, { ...headers, 'content-type': type, ...fault.headers })
  response.end(text)
}

async function sendBuffered(answer: Answer & { streamed: false }, delivery: Delivery): Promise<void> {
  const { response, headers, fault, signal } = delivery
  await pause(answer.firstDelayMs, signal)
  if (fault?.kind === 'slow-first-part') await pause(fault.ms, signal)
  const body =
    fault?.kind === 'error-event'
      ? { error: fault.error ?? DEFAULT_STREAM_ERROR }
      : alteredBody(await answer.body(), fault)
  signal.throwIfAborted()
  const whole = Buffer.from(JSON.stringify(body, null, 2))
  const bytes = fault?.kind === 'malformed' ? whole.subarray(0, whole.length / 2) : whole
  response.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': bytes.length })
  const half = bytes.subarray(0, bytes.length / 2)
  if (fault?.kind === 'cut') return cut(response, half)
  if (fault?.kind === 'stall') {
    response.write(half)
    return silence(signal)
  }
  await write(bytes, delivery)
  response.end()
}

/** What a stream does once the fault's number of events is out; true when nothing may follow. */
async function endsEarly(sent: number, delivery: Delivery): Promise<boolean> {
  const { response, fault, signal } = delivery
  if (fault?.kind !== 'stall' && fault?.kind !== 'cut' && fault?.kind !== 'error-event') return false
  if (sent < fault.afterChunks) return false
  if (fault.kind === 'stall') await silence(signal)
  else if (fault.kind === 'cut') await cut(response, COMMENT)
  else {
    await write(encodeEvent({ part: 'end', data: { error: fault.error ?? DEFAULT_STREAM_ERROR } }, fault), delivery)
    response.end()
  }
  return true
}

async function sendEvents(answer: Answer & { streamed: true }, delivery: Delivery): Promise<void> {
  const { response, headers, fault, signal } = delivery
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  })
  response.flushHeaders()
  if (fault?.kind === 'slow-first-part') await pause(fault.ms, signal)
  let sent = 0
  for await (const event of answer.events() as AsyncIterable<StreamEvent>) {
    const altered = alteredEvent(event, fault)
    if (!altered) continue
    if (await endsEarly(sent, delivery)) return
    await pause(sent === 0 ? answer.firstDelayMs : answer.betweenDelayMs, signal)
    const bytes = encodeEvent(altered, fault)
    await write(fault?.kind === 'malformed' && fault.atChunk === sent ? brokenJson(bytes) : bytes, delivery)
    sent++
  }
  if (await endsEarly(Number.POSITIVE_INFINITY, delivery)) return
  response.end()
}

/** Whether the provider would put this answer on the bill, whatever became of its delivery. */
export function isCharged(fault: Fault | undefined): boolean {
  if (fault?.kind === 'reset' || fault?.kind === 'silence') return fault.billed === true
  return fault?.kind !== 'status' && fault?.kind !== 'error-event'
}

/** Sends an answer, or what a fault makes of it. Rejects when the signal ends a wait. */
export async function deliver(answer: Answer, delivery: Delivery): Promise<void> {
  const { response, fault, signal } = delivery
  if (fault?.kind === 'status') return sendStatus(delivery, fault)
  if (fault?.kind === 'silence') return silence(signal)
  if (fault?.kind === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  return answer.streamed ? sendEvents(answer, delivery) : sendBuffered(answer, delivery)
}
