import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Family } from './family.ts'

let registry: Registry | undefined

/** Memory, CPU, event loop and garbage collection of this process, watched from the first time that somebody asks. */
export function processFamilies(): Promise<Family[]> {
  if (registry === undefined) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry })
  }
  return registry.getMetricsAsJSON()
}
