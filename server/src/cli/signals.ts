import cluster from 'node:cluster'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
type StopSignal = (typeof SIGNALS)[number]

/** What a process exits with that a signal has ended, as shells count it. */
export const exitCodeOf = (signal: StopSignal): number => 128 + constants.signals[signal]

/**
 * Resolves at the first SIGINT or SIGTERM. The second ends the process at
 * once. A worker may get the same signal from the terminal and from its
 * primary, so there the second means nothing: it ends at once when the
 * primary does, which Node.js sees to.
 */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let stopping = false
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (stopping && cluster.isPrimary) process.exit(exitCodeOf(signal))
        stopping = true
        resolve(signal)
      })
    }
  })
}
