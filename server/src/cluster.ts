import cluster, { type Worker } from 'node:cluster'
import { createAuthority } from './access/authority.ts'
import { remoteAuthority, serveAuthority } from './access/cluster.ts'
import { TurnoutError } from './core/error.ts'
import { openDatabase } from './db/database.ts'
import { createLogger, launchEmulator, needsEmulator, type RunningServer, serve } from './main.ts'
import type { ServerOptions } from './options.ts'

/** How the primary tells its workers where the emulator listens. */
const EMULATOR_VARIABLE = 'TURNOUT_WORKER_EMULATOR_URL'
const FIRST_RESTART_MS = 250
const LAST_RESTART_MS = 10_000

/** What a worker tells the primary once it serves. */
interface WorkerReady {
  turnout: 'ready'
  url: string
  adminKey: string | undefined
}

interface WorkerFailed {
  turnout: 'failed'
  message: string
}

const isFor = <T extends WorkerReady | WorkerFailed>(message: unknown, kind: T['turnout']): message is T =>
  typeof message === 'object' && message !== null && (message as { turnout?: unknown }).turnout === kind

/** Serves in this worker and tells the primary. */
export async function serveAsWorker(options: ServerOptions): Promise<RunningServer> {
  try {
    const running = await serve(options, {
      authority: remoteAuthority(process, options.workers),
      emulatorUrl: process.env[EMULATOR_VARIABLE],
    })
    process.send?.({ turnout: 'ready', url: running.url, adminKey: running.adminKey } satisfies WorkerReady)
    return running
  } catch (error) {
    process.send?.({ turnout: 'failed', message: TurnoutError.from(error).message } satisfies WorkerFailed)
    throw error
  }
}

function untilReady(worker: Worker): Promise<WorkerReady> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: unknown) => {
      if (isFor<WorkerReady>(message, 'ready')) resolve(message)
      else if (isFor<WorkerFailed>(message, 'failed')) reject(new TurnoutError('invalid_input', message.message))
    })
    worker.once('exit', (status) =>
      reject(new TurnoutError('internal', `A worker ended with status ${status} before it served.`)),
    )
  })
}

/**
 * Starts workers that share the port, the database and the limits. The primary
 * serves nothing itself: it holds what there must be one of, and replaces
 * workers that die.
 */
export async function startWorkers(options: ServerOptions): Promise<RunningServer> {
  const log = createLogger(options)
  // Opened here first, so that the process of the embedded database is no worker's child.
  const database = await openDatabase({ dataDir: options.dataDir, url: options.databaseUrl, log })
  const emulator = needsEmulator(options) ? await launchEmulator() : undefined
  const authority = createAuthority()
  let stopping = false
  let restartMs = FIRST_RESTART_MS

  const launch = (): Worker => {
    const worker = cluster.fork(emulator ? { [EMULATOR_VARIABLE]: emulator.url } : {})
    serveAuthority(worker, authority)
    return worker
  }
  const replace = (worker: Worker, status: number): void => {
    if (stopping) return
    log.error({ pid: worker.process.pid, status, restartMs }, 'a worker died; another takes its place')
    setTimeout(() => {
      if (stopping) return
      untilReady(launch()).then(
        () => {
          restartMs = FIRST_RESTART_MS
        },
        () => {},
      )
    }, restartMs)
    restartMs = Math.min(restartMs * 2, LAST_RESTART_MS)
  }
  const close = async (): Promise<void> => {
    stopping = true
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(
      workers.map((worker) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve))
        worker.process.kill('SIGTERM')
        return worker.isDead() ? undefined : ended
      }),
    )
    await emulator?.close()
    await database.close()
  }

  try {
    // The first alone: it makes the first admin key.
    const { url, adminKey } = await untilReady(launch())
    await Promise.all(Array.from({ length: options.workers - 1 }, () => untilReady(launch())))
    cluster.on('exit', replace)
    return { url, adminKey, emulated: emulator !== undefined, close }
  } catch (error) {
    await close()
    throw error
  }
}
