import { counter, Durations, type Family, gauge, histogram } from './family.ts'

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180]
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

class Counts {
  readonly statuses = new Map<number, number>()
  readonly durations = new Durations(SECONDS)
}

/** Counts requests by their route, which must be one of few names. */
export class RequestMetrics {
  readonly #routes = new Map<string, Map<string, Counts>>()
  readonly #verdicts = { passed: 0, failed: 0 }
  #streams = 0

  /** @param route Its pattern, never the path itself. */
  requestEnded(method: string, route: string, status: number, milliseconds: number): void {
    const counts = this.#of(METHODS.has(method) ? method : 'other', route)
    counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
    counts.durations.add(milliseconds)
  }

  streamBegan(): void {
    this.#streams += 1
  }

  streamEnded(): void {
    this.#streams -= 1
  }

  /** A stream was judged after it had been sent. */
  streamJudged(passed: boolean): void {
    this.#verdicts[passed ? 'passed' : 'failed'] += 1
  }

  /** The same events, counted as one open stream. */
  async *counted<T>(events: AsyncIterable<T>): AsyncGenerator<T, void> {
    let isOpen = false
    try {
      for await (const event of events) {
        if (!isOpen) this.streamBegan()
        isOpen = true
        yield event
      }
    } finally {
      if (isOpen) this.streamEnded()
    }
  }

  families(): Family[] {
    const all = [...this.#routes].flatMap(([route, methods]) =>
      [...methods].map(([method, counts]) => ({ labels: { method, route }, ...counts })),
    )
    return [
      counter(
        'turnout_requests_total',
        'Requests that have ended, by route and HTTP status; 499: the client went away.',
        all.flatMap(({ labels, statuses }) =>
          [...statuses].map(([status, value]) => ({ labels: { ...labels, status }, value })),
        ),
      ),
      histogram('turnout_request_duration_seconds', 'How long requests took, to the last byte of the answer.', all),
      gauge('turnout_streams_open', 'Streams of text that are being sent.', [{ labels: {}, value: this.#streams }]),
      counter(
        'turnout_stream_verdicts_total',
        'Streams that were validated after they had been sent.',
        Object.entries(this.#verdicts).map(([verdict, value]) => ({ labels: { verdict }, value })),
      ),
    ]
  }

  #of(method: string, route: string): Counts {
    let methods = this.#routes.get(route)
    if (methods === undefined) {
      methods = new Map()
      this.#routes.set(route, methods)
    }
    let counts = methods.get(method)
    if (counts === undefined) {
      counts = new Counts()
      methods.set(method, counts)
    }
    return counts
  }
}
