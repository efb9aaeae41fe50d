import type { Charge, Operation } from './types.ts'

/** One request as it arrived, without its credential. */
export interface RecordedRequest {
  /** Whose double answered. */
  provider: string
  operation: Operation | undefined
  method: string
  /** Path and query, without a credential in it. */
  path: string
  headers: Record<string, string>
  /** Whether the credential was accepted. */
  authorized: boolean
  /** JSON as it was sent; a form as its fields and the names, types and sizes of its files. */
  body: unknown
  /** Milliseconds since 1970. */
  at: number
}

/** A request whose client went away before the answer was complete. */
export interface AbortedRequest {
  provider: string
  operation: Operation
  path: string
  /** When the request arrived, and when its end was noticed; milliseconds since 1970. */
  startedAt: number
  at: number
}

export interface BillLine {
  calls: number
  /** All input tokens, the cached ones among them. */
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  images: number
  /** Seconds of video. */
  seconds: number
}

/** A request to a result URL that carried a credential, which result URLs must never be told. */
export interface Leak {
  path: string
  /** Names of the headers and query parameters that held it. */
  carriedIn: string[]
  /** Milliseconds since 1970. */
  at: number
}

export interface Bill extends BillLine {
  models: Record<string, BillLine>
}

const MAX_RECORDS = 1_000
const MAX_RECORDED_BYTES = 64 * 1024 * 1024

const emptyLine = (): BillLine => ({
  calls: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  images: 0,
  seconds: 0,
})

function add(line: BillLine, charge: Charge): void {
  line.calls++
  line.inputTokens += charge.inputTokens ?? 0
  line.cachedInputTokens += charge.cachedInputTokens ?? 0
  line.outputTokens += charge.outputTokens ?? 0
  line.images += charge.images ?? 0
  line.seconds += charge.seconds ?? 0
}

/**
 * What arrived, what it costs and who went away. The latest requests are kept,
 * within a bound on their number and size, so that the emulator can run for days.
 */
export class Ledger {
  #records: { request: RecordedRequest; bytes: number }[] = []
  #bytes = 0
  #aborted: AbortedRequest[] = []
  #leaks: Leak[] = []
  #total = emptyLine()
  #models = new Map<string, BillLine>()

  record(request: RecordedRequest, bytes: number): void {
    this.#records.push({ request, bytes })
    this.#bytes += bytes
    while (this.#records.length > MAX_RECORDS || (this.#bytes > MAX_RECORDED_BYTES && this.#records.length > 1)) {
      this.#bytes -= this.#records.shift()?.bytes ?? 0
    }
  }

  charge(charge: Charge): void {
    const line = this.#models.get(charge.model) ?? emptyLine()
    this.#models.set(charge.model, line)
    add(line, charge)
    add(this.#total, charge)
  }

  abandon(request: AbortedRequest): void {
    this.#aborted.push(request)
    if (this.#aborted.length > MAX_RECORDS) this.#aborted.shift()
  }

  leak(leak: Leak): void {
    this.#leaks.push(leak)
    if (this.#leaks.length > MAX_RECORDS) this.#leaks.shift()
  }

  leaks(): Leak[] {
    return [...this.#leaks]
  }

  requests(): RecordedRequest[] {
    return this.#records.map(({ request }) => request)
  }

  aborted(): AbortedRequest[] {
    return [...this.#aborted]
  }

  bill(): Bill {
    return { ...this.#total, models: Object.fromEntries([...this.#models].map(([id, line]) => [id, { ...line }])) }
  }

  clear(): void {
    this.#records = []
    this.#bytes = 0
    this.#aborted = []
    this.#leaks = []
    this.#total = emptyLine()
    this.#models = new Map()
  }
}
