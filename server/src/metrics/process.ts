import type { Registry } from 'prom-client'
import type { Family } from './family.ts'

let watching: Promise<Registry> | undefined

async function watch(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Memory, CPU, event loop and garbage collection of this process, watched from the first time that somebody asks. */
export async function processFamilies(): Promise<Family[]> {
  watching ??= watch()
  return (await watching).getMetricsAsJSON()
}
