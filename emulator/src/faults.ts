import { isObject } from './json.ts'
import type { JsonObject, Operation } from './types.ts'

/** What becomes of a result although the request itself was answered as it should be. */
export type Fate =
  /** The provider's moderation takes the result, in the provider's own way. */
  | { kind: 'moderated'; billed?: boolean }
  /** The URL of the result is already gone. */
  | { kind: 'expired-result' }
  /** A submitted task stays pending for this many polls and succeeds after them. */
  | { kind: 'late-success'; polls: number }
  /** A submitted task fails. */
  | { kind: 'failed-task'; billed?: boolean }

/** How one answer goes wrong. Events are counted from 0 and include the first one, which carries only the role. */
export type Fault =
  | Fate
  /** Another status; without a body one of the real shape for that status. */
  | { kind: 'status'; status: number; body?: string | JsonObject; headers?: Record<string, string> }
  /** The connection is reset after the request was read, before any byte of the answer. */
  | { kind: 'reset'; billed?: boolean }
  /** Nothing is ever answered. */
  | { kind: 'silence'; billed?: boolean }
  /** Streams: the headers at once, the first event this much later. Buffered: everything this much later. */
  | { kind: 'slow-first-part'; ms: number }
  /** This many events, then silence. Buffered: the headers and half of the body, then silence. */
  | { kind: 'stall'; afterChunks: number }
  /** This many events, then the connection is closed. Buffered: after half of the body. */
  | { kind: 'cut'; afterChunks: number }
  /** This event is broken JSON, the others are whole. Buffered: the body is broken JSON. */
  | { kind: 'malformed'; atChunk: number }
  /** This many events, then an error event and the end. Buffered: a 200 whose body is the error. */
  | { kind: 'error-event'; afterChunks: number; error?: JsonObject }
  /** No `[DONE]`, no last event of the protocol, no closing bracket: what a provider ends its streams with. */
  | { kind: 'no-end-marker' }
  /** A clean end without finish reason, usage and end marker. Buffered: the finish reason is null or absent. */
  | { kind: 'no-finish' }
  /** No usage, although it was asked for. */
  | { kind: 'no-usage' }
  /** The answer is written in pieces of this many bytes. */
  | { kind: 'split'; bytes: number }
  /** Streams with CRLF line ends and comments between the events, where the framing has lines. */
  | { kind: 'crlf' }

/** A fault and the requests that it waits for. */
export interface FaultOrder {
  match?: { provider?: string; operation?: Operation; model?: string; streamed?: boolean }
  /** How many matching requests it hits; 1 unless said otherwise. */
  times?: number
  /** How many matching requests it lets by first. */
  skip?: number
  fault: Fault
}

export interface FaultSubject {
  provider: string
  operation: Operation
  model: string | undefined
  streamed: boolean
  fates: readonly Fate['kind'][]
}

export interface Faults {
  /** @throws TypeError for an order that names no known fault or lacks one of its numbers. */
  add(order: FaultOrder): void
  /** The orders that are not used up, in their order. */
  list(): FaultOrder[]
  clear(): void
}

const KINDS: Readonly<Record<Fault['kind'], { needs?: string; least?: number }>> = {
  status: { needs: 'status', least: 200 },
  reset: {},
  silence: {},
  'slow-first-part': { needs: 'ms', least: 0 },
  stall: { needs: 'afterChunks', least: 0 },
  cut: { needs: 'afterChunks', least: 0 },
  malformed: { needs: 'atChunk', least: 0 },
  'error-event': { needs: 'afterChunks', least: 0 },
  'no-end-marker': {},
  'no-finish': {},
  'no-usage': {},
  split: { needs: 'bytes', least: 1 },
  crlf: {},
  moderated: {},
  'expired-result': {},
  'late-success': { needs: 'polls', least: 0 },
  'failed-task': {},
}

const FATES: readonly string[] = ['moderated', 'expired-result', 'late-success', 'failed-task'] satisfies Fate['kind'][]

/** The fate that a fault orders; undefined for what goes wrong on the wire. */
export function fateOf(fault: Fault | undefined): Fate | undefined {
  return fault && FATES.includes(fault.kind) ? (fault as Fate) : undefined
}

function check(order: FaultOrder): void {
  const fault: unknown = order.fault
  if (!isObject(fault) || typeof fault.kind !== 'string' || !Object.hasOwn(KINDS, fault.kind)) {
    throw new TypeError(`fault.kind must be one of ${Object.keys(KINDS).join(', ')}.`)
  }
  const { needs, least = 0 } = KINDS[fault.kind as Fault['kind']]
  if (needs !== undefined && !(typeof fault[needs] === 'number' && fault[needs] >= least)) {
    throw new TypeError(`fault.${needs} must be a number of at least ${least}.`)
  }
  for (const [name, value] of Object.entries({ times: order.times ?? 1, skip: order.skip ?? 0 })) {
    if (!(typeof value === 'number' && value >= 0)) throw new TypeError(`${name} must be a number of at least 0.`)
  }
}

function matches({ match = {}, fault }: FaultOrder, subject: FaultSubject): boolean {
  const fate = fateOf(fault)
  if (fate && !subject.fates.includes(fate.kind)) return false
  return (['provider', 'operation', 'model', 'streamed'] as const).every(
    (key) => match[key] === undefined || match[key] === subject[key],
  )
}

/** The orders of faults; each request takes at most one. */
export class FaultQueue implements Faults {
  #orders: Required<FaultOrder>[] = []

  add(order: FaultOrder): void {
    check(order)
    this.#orders.push({ match: {}, times: 1, skip: 0, ...order })
  }

  list(): FaultOrder[] {
    return this.#orders.map((order) => ({ ...order }))
  }

  clear(): void {
    this.#orders = []
  }

  /** The fault for this request, which counts as used. An order that lets the request by leaves it to the next one. */
  take(subject: FaultSubject): Fault | undefined {
    for (const order of this.#orders) {
      if (!matches(order, subject) || order.times <= 0) continue
      if (order.skip > 0) {
        order.skip--
        continue
      }
      order.times--
      if (order.times <= 0) this.#orders = this.#orders.filter((other) => other !== order)
      return order.fault
    }
    return undefined
  }
}
