import cluster from 'node:cluster'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Resolves at the first SIGINT or SIGTERM. The second ends the process at
 * once. A worker may get the same signal from the terminal and from its
 * primary, so there the second means nothing: it ends at once when the
 * primary does, which Node.js sees to.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (stopping && cluster.isPrimary) process.exit(128 + constants.signals[signal])
        stopping = true
        resolve()
      })
    }
  })
}
