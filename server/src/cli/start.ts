import cluster from 'node:cluster'
import { OPTION_NAMES } from '../options.ts'
import { printBanner } from './banner.ts'
import { defineCommand, EXIT, noPositionals } from './command.ts'
import { loadEngine } from './engine.ts'
import { exitCodeOf, stopSignal } from './signals.ts'

/** How long whatever is left behind, such as a connection to a host that hangs, may keep the process alive. */
const LEFTOVERS_MS = 500

export const command = defineCommand({
  usage: 'start',
  description:
    'Starts the server. It stops on SIGINT or SIGTERM once running requests have ended; a second one ends it at once.',
  options: OPTION_NAMES,
  read: noPositionals,
  async run(_input, { options, terminal }) {
    let serving = false
    const stopped = stopSignal().then((signal) => {
      // A start has nothing to finish, and what it has begun ends with this process.
      if (!serving) process.exit(exitCodeOf(signal))
    })
    try {
      const { startServer } = await loadEngine()
      const server = await startServer(options)
      serving = true
      if (cluster.isPrimary) printBanner(server, terminal)
      await stopped
      await server.close()
      return EXIT.ok
    } finally {
      // The channel to the primary would keep a worker alive.
      cluster.worker?.disconnect()
      setTimeout(() => process.exit(), LEFTOVERS_MS).unref()
    }
  },
})
