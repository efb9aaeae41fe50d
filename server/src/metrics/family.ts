import type { Metric, MetricObjectWithValues, MetricValue, MetricValueWithName } from 'prom-client'

/** One metric with all of its values, as processes hand it to one another. */
export type Family = MetricObjectWithValues<MetricValue<string>>

export type Labels = Readonly<Record<string, string | number>>

export interface Value {
  value: number
  labels: Labels
}

type Kind = 'counter' | 'gauge' | 'histogram'

const familyOf = (kind: Kind, name: string, help: string, values: readonly Value[]): Family =>
  ({ name, help, type: kind, values, aggregator: 'sum' }) as unknown as Family

export const counter = (name: string, help: string, values: readonly Value[]): Family =>
  familyOf('counter', name, help, values)

export const gauge = (name: string, help: string, values: readonly Value[]): Family =>
  familyOf('gauge', name, help, values)

/** Durations in seconds by buckets. Counting one is a walk over a few numbers. */
export class Durations {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds In seconds, growing. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(milliseconds: number): void {
    const seconds = milliseconds / 1000
    const bounds = this.#bounds
    let place = 0
    while (place < bounds.length && seconds > bounds[place]!) place += 1
    this.#counts[place]! += 1
    this.#sum += seconds
  }

  /** As a histogram has them: how many were within each bound. */
  values(name: string, labels: Labels): MetricValueWithName<string>[] {
    let within = 0
    const buckets = this.#counts.map((count, place) => {
      within += count
      return { metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[place] ?? '+Inf' }, value: within }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { ...labels }, value: this.#sum },
      { metricName: `${name}_count`, labels: { ...labels }, value: within },
    ]
  }
}

export const histogram = (
  name: string,
  help: string,
  entries: readonly { labels: Labels; durations: Durations }[],
): Family =>
  familyOf(
    'histogram',
    name,
    help,
    entries.flatMap(({ labels, durations }) => durations.values(name, labels) as unknown as Value[]),
  )

/** The same metrics of several workers, told apart by a label. */
export function byWorker(workers: readonly { worker: string; families: readonly Family[] }[]): Family[] {
  const merged = new Map<string, Family>()
  for (const { worker, families } of workers) {
    for (const family of families) {
      const values = family.values.map((value) => ({ ...value, labels: { ...value.labels, worker } }))
      const known = merged.get(family.name)
      if (known) known.values.push(...values)
      else merged.set(family.name, { ...family, values })
    }
  }
  return [...merged.values()]
}

/** The text format of Prometheus, which metrics without a value are left out of. */
export async function toText(families: readonly Family[]): Promise<string> {
  // Most servers are never asked; until then the library is not worth its memory.
  const { Registry } = await import('prom-client')
  const registry = new Registry()
  for (const family of families) {
    if (family.values.length === 0) continue
    registry.registerMetric({ name: family.name, get: async () => family } as unknown as Metric)
  }
  return registry.metrics()
}

/** Source: Prometheus' text exposition format 0.0.4. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
