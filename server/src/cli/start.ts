import cluster from 'node:cluster'
import { OPTION_NAMES } from '../options.ts'
import { printBanner } from './banner.ts'
import { defineCommand, EXIT, noPositionals } from './command.ts'
import { loadEngine } from './engine.ts'
import { stopSignal } from './signals.ts'

export const command = defineCommand({
  usage: 'start',
  description:
    'Starts the server. It stops on SIGINT or SIGTERM once running requests have ended; a second one ends it at once.',
  options: OPTION_NAMES,
  read: noPositionals,
  async run(_input, { options, terminal }) {
    const stopped = stopSignal()
    const { startServer } = await loadEngine()
    const server = await startServer(options)
    if (cluster.isPrimary) printBanner(server, terminal)
    await stopped
    await server.close()
    // The channel to the primary would keep a worker alive.
    cluster.worker?.disconnect()
    return EXIT.ok
  },
})
