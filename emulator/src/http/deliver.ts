import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { ProviderDouble } from '../double.ts'
import { type Fate, type Fault, fateOf } from '../faults.ts'
import { Refusal } from '../refusal.ts'
import { type Answer, type Body, type Charge, type JsonObject, RawBody, type StreamEvent } from '../types.ts'
import { alteredBody, alteredEvent } from './alter.ts'
import { type Framing, SSE } from './framing.ts'
import { sendRefusal } from './send.ts'

/** One answer on its way out. */
export interface Delivery {
  double: ProviderDouble
  response: ServerResponse
  headers: Readonly<Record<string, string>>
  fault: Fault | undefined
  /** Aborted when the client goes away or the emulator closes; ends every wait. */
  signal: AbortSignal
}

/** Waits until the client goes away or the emulator closes. */
async function silence(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal })
}

/**
 * Resolves when the bytes have left. Node drops the callback of what is written to a connection that is destroyed but
 * has not closed yet (nodejs/node#36673), so that only the signal ends that wait.
 */
async function flush(response: ServerResponse, bytes: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = (): void => reject(signal.reason)
  signal.addEventListener('abort', giveUp)
  response.write(bytes, () => resolve())
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function write(bytes: Buffer, { response, fault, signal }: Delivery): Promise<void> {
  if (fault?.kind !== 'split') {
    if (!response.write(bytes)) await once(response, 'drain', { signal })
    return
  }
  for (let start = 0; start < bytes.length; start += fault.bytes) {
    await flush(response, bytes.subarray(start, start + fault.bytes), signal)
    // A turn of the event loop, so that the pieces do not leave as one.
    await setImmediate(undefined, { signal })
  }
}

/** Closes the connection after what was written so far has left. */
async function cut({ response, signal }: Delivery, last: Buffer): Promise<void> {
  await flush(response, last, signal)
  response.destroy()
}

function sendStatus({ double, response, headers }: Delivery, fault: Fault & { kind: 'status' }): void {
  const html = `<html><body><h1>${fault.status}</h1><p>The proxy got no answer.</p></body></html>`
  const standard = double.statusError(fault.status) ?? new Refusal(fault.status, 'proxy', html)
  const body = fault.body ?? standard.body
  sendRefusal(response, new Refusal(fault.status, '', body, { ...standard.headers, ...fault.headers }), headers)
}

function encoded(body: Body): { bytes: Buffer; contentType: string } {
  if (body instanceof RawBody) return { bytes: body.data, contentType: body.contentType }
  return { bytes: Buffer.from(JSON.stringify(body, null, 2)), contentType: 'application/json' }
}

async function sendBuffered(answer: Answer & { streamed: false }, delivery: Delivery): Promise<void> {
  const { double, response, headers, fault, signal } = delivery
  await pause(answer.firstDelayMs, signal)
  if (fault?.kind === 'slow-first-part') await pause(fault.ms, signal)
  const body =
    fault?.kind === 'error-event'
      ? (double.errorEvent(fault.error).data as Body)
      : alteredBody(await answer.body(fateOf(fault)), fault, double)
  signal.throwIfAborted()
  const { bytes: whole, contentType } = encoded(body)
  const bytes = fault?.kind === 'malformed' ? whole.subarray(0, whole.length / 2) : whole
  const length = { 'content-length': String(bytes.length) }
  response.writeHead(answer.status ?? 200, { 'content-type': contentType, ...headers, ...length })
  const half = bytes.subarray(0, bytes.length / 2)
  if (fault?.kind === 'cut') return cut(delivery, half)
  if (fault?.kind === 'stall') {
    response.write(half)
    return silence(signal)
  }
  await write(bytes, delivery)
  response.end()
}

/** How far a stream is. */
interface Progress {
  /** Events that were sent; no bound reaches beyond infinity. */
  sent: number
  /** Number of the next event. */
  index: number
  framing: Framing
  errorEvent(error?: JsonObject): StreamEvent
}

/** What a stream does once the fault's number of events is out; true when nothing may follow. */
async function endsEarly({ sent, index, framing, errorEvent }: Progress, delivery: Delivery): Promise<boolean> {
  const { response, fault, signal } = delivery
  if (fault?.kind !== 'stall' && fault?.kind !== 'cut' && fault?.kind !== 'error-event') return false
  if (sent < fault.afterChunks) return false
  if (fault.kind === 'stall') await silence(signal)
  else if (fault.kind === 'cut') await cut(delivery, framing.filler)
  else {
    const bytes = framing.encode(errorEvent(fault.error), { index, broken: false, crlf: false })
    await write(bytes, delivery)
    response.end(framing.close(index + 1))
  }
  return true
}

async function sendEvents(answer: Answer & { streamed: true }, delivery: Delivery): Promise<void> {
  const { double, response, headers, fault, signal } = delivery
  const framing = answer.framing ?? SSE
  const errorEvent = answer.errorEvent ?? double.errorEvent
  // Asked for first: what moderation refuses outright is an answer of its own.
  const events = answer.events(fateOf(fault))
  response.writeHead(200, { 'content-type': framing.contentType, 'cache-control': 'no-cache', ...headers })
  response.flushHeaders()
  if (fault?.kind === 'slow-first-part') await pause(fault.ms, signal)
  let sent = 0
  for await (const event of events as AsyncIterable<StreamEvent>) {
    const altered = alteredEvent(event, fault, double)
    if (!altered) continue
    if (await endsEarly({ sent, index: sent, framing, errorEvent }, delivery)) return
    await pause(sent === 0 ? answer.firstDelayMs : answer.betweenDelayMs, signal)
    const broken = fault?.kind === 'malformed' && fault.atChunk === sent
    await write(framing.encode(altered, { index: sent, broken, crlf: fault?.kind === 'crlf' }), delivery)
    sent++
  }
  if (await endsEarly({ sent: Number.POSITIVE_INFINITY, index: sent, framing, errorEvent }, delivery)) return
  const endless = fault?.kind === 'no-end-marker' || fault?.kind === 'no-finish'
  response.end(endless ? undefined : framing.close(sent))
}

const isBilled = (fate: Fate): boolean =>
  fate.kind === 'late-success' || fate.kind === 'expired-result' || fate.billed === true

/** What the provider would put on the bill for this answer, whatever became of its delivery. */
export function dueOf({ charge, chargeAfter }: Answer, fault: Fault | undefined): Charge | undefined {
  const fate = fateOf(fault)
  if (fate && chargeAfter) return chargeAfter(fate)
  if (fate) return isBilled(fate) ? charge : undefined
  if (fault?.kind === 'reset' || fault?.kind === 'silence') return fault.billed === true ? charge : undefined
  return fault?.kind === 'status' || fault?.kind === 'error-event' ? undefined : charge
}

/**
 * Sends an answer, or what a fault makes of it. Rejects when the signal ends a wait.
 *
 * @throws Refusal where the ordered fate makes the answer one, before anything is sent
 */
export async function deliver(answer: Answer, delivery: Delivery): Promise<void> {
  const { response, fault, signal } = delivery
  if (fault?.kind === 'status') return sendStatus(delivery, fault)
  if (fault?.kind === 'silence' || fault?.kind === 'reset') {
    // It was accepted, and what was submitted is carried out; only nobody hears of it.
    if (fault.billed && !answer.streamed) await answer.body()
    if (fault.kind === 'silence') return silence(signal)
    response.socket?.resetAndDestroy()
    return
  }
  return answer.streamed ? sendEvents(answer, delivery) : sendBuffered(answer, delivery)
}
