import cluster, { type Worker } from 'node:cluster'
import type { ErrorCode } from '@turnout/contract'
import type { Logger } from 'pino'
import { createAuthority } from './access/authority.ts'
import { remoteAuthority, serveAuthority } from './access/cluster.ts'
import { TurnoutError } from './core/error.ts'
import { openDatabase } from './db/database.ts'
import { launchEmulator, needsEmulator } from './emulation.ts'
import { createLogger, type RunningServer, serve } from './main.ts'
import { PeerMetrics } from './metrics/peers.ts'
import type { ServerOptions } from './options.ts'

/** How the primary tells its workers where the emulator stands in for which providers, as JSON. */
const EMULATOR_VARIABLE = 'TURNOUT_WORKER_EMULATOR'

function emulatedByPrimary(): Record<string, string> | undefined {
  const text = process.env[EMULATOR_VARIABLE]
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>)
}
/** How long a worker may outlast the grace period before it is killed: longer than all that it still does takes at most. */
const KILL_AFTER_GRACE_MS = 12_000
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
  code: ErrorCode
  message: string
  /** What its cause says. */
  cause: string | undefined
}

const isFor = <T extends WorkerReady | WorkerFailed>(message: unknown, kind: T['turnout']): message is T =>
  typeof message === 'object' && message !== null && (message as { turnout?: unknown }).turnout === kind

/** Serves in this worker and tells the primary. One that cannot serve ends when it has told so. */
export async function serveAsWorker(options: ServerOptions): Promise<RunningServer> {
  try {
    const running = await serve(options, {
      authority: remoteAuthority(process, options.workers),
      emulated: emulatedByPrimary(),
      primary: process,
    })
    process.send?.({ turnout: 'ready', url: running.url, adminKey: running.adminKey } satisfies WorkerReady)
    return running
  } catch (error) {
    // The primary says it to the user, once for all workers.
    await new Promise((resolve) => process.send?.(failure(error), resolve))
    process.exit(1)
  }
}

function failure(error: unknown): WorkerFailed {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  return {
    turnout: 'failed',
    code: TurnoutError.from(error).code,
    message,
    cause: cause instanceof Error ? cause.message : undefined,
  }
}

function untilReady(worker: Worker): Promise<WorkerReady> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: unknown) => {
      if (isFor<WorkerReady>(message, 'ready')) resolve(message)
      else if (isFor<WorkerFailed>(message, 'failed')) reject(toError(message))
    })
    worker.once('exit', (status, signal) =>
      reject(new TurnoutError('internal', `A worker ended with ${signal ?? `status ${status}`} before it served.`)),
    )
  })
}

const toError = ({ code, message, cause }: WorkerFailed): TurnoutError =>
  new TurnoutError(code, message, cause === undefined ? {} : { cause: new Error(cause) })

const livingWorkers = (): Worker[] =>
  Object.values(cluster.workers ?? {}).filter((worker): worker is Worker => worker?.isDead() === false)

/** Asks a worker to end, and waits until it has. */
async function stopWorker(worker: Worker, graceMs: number, log: Logger): Promise<void> {
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  const timer = setTimeout(() => {
    log.error({ pid: worker.process.pid }, 'a worker outlasted the grace period and is killed')
    worker.process.kill('SIGKILL')
  }, graceMs + KILL_AFTER_GRACE_MS)
  worker.process.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}

/**
 * Starts workers that share the port, the database and the limits. The primary
 * serves nothing itself: it holds what there must be one of, and replaces
 * workers that die.
 */
export async function startWorkers(options: ServerOptions): Promise<RunningServer> {
  const log = createLogger(options)
  // However this process ends, its workers end with it, even one that is too busy to notice.
  process.once('exit', () => {
    for (const worker of livingWorkers()) worker.process.kill('SIGKILL')
  })
  // Opened here first, so that the process of the embedded database is no worker's child.
  const database = await openDatabase({ dataDir: options.dataDir, url: options.databaseUrl, log })
  const emulator = needsEmulator(options) ? await launchEmulator() : undefined
  const authority = createAuthority()
  const peers = new PeerMetrics(livingWorkers)
  let stopping = false
  let restartMs = FIRST_RESTART_MS

  const launch = (): Worker => {
    const worker = cluster.fork(emulator ? { [EMULATOR_VARIABLE]: JSON.stringify(emulator.roots) } : {})
    serveAuthority(worker, authority)
    peers.serve(worker)
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
        (error: unknown) => log.error({ err: error }, 'a worker could not be replaced'),
      )
    }, restartMs)
    restartMs = Math.min(restartMs * 2, LAST_RESTART_MS)
  }
  const close = async (): Promise<void> => {
    stopping = true
    await Promise.all(livingWorkers().map((worker) => stopWorker(worker, options.shutdownGraceMs, log)))
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
