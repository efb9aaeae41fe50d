import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TurnoutError } from '../../core/error.ts'
import { ensureDataDir } from '../data-dir.ts'
import type { Log } from '../database.ts'
import { Connection, type ConnectionEvents } from './client.ts'
import { isMade } from './location.ts'
import { isLocked } from './lock.ts'
import { socketPath } from './socket-path.ts'

/** How long the process may take to serve; a first start makes the database. */
const OPEN_MS = 60_000
/** How long a process that holds the directory of a database that is made already may keep silent. */
const SILENT_HOLDER_MS = 10_000
const RETRY_MS = 50
/** Exit status of a process that finds the directory taken, see child.ts. */
const LOCKED = 75
/** How much of what the process says last is kept for the message of its failure. */
const COMPLAINT_CHARACTERS = 4_000

/**
 * What V8's defaults for WebAssembly cost here: every core compiles at once,
 * and the process is 590 MB large after a little use. With one compiler that
 * touches only what has run very often, an idle process stays as it was
 * without any (140 MB), and one under steady load takes 230 MB and a third
 * less time per record. The young generation's usual size is 10 MB more.
 */
const V8_OPTIONS = ['--wasm-num-compilation-tasks=1', '--wasm-tiering-budget=1500000000', '--max-semi-space-size=1']

/** The program of the database's process: a source file here, a built one where this file is built. */
function childPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./child.${extension}`, import.meta.url))
}

/**
 * Starts the process of the database; resolves when it serves, or to undefined when another does.
 * @param signal Says that it is not needed any more.
 */
function startChild(dataDir: string, log: Log, signal: AbortSignal): Promise<ChildProcess | undefined> {
  const child = fork(childPath(), ['serve', dataDir], {
    execArgv: V8_OPTIONS,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let ready = false
  let complaint = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    const text = bytes.toString()
    if (ready) log.warn({ text }, 'the embedded database complains')
    else complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS)
  })
  // Nobody is served yet, so that nothing is lost.
  const kill = () => child.kill('SIGKILL')
  const timer = setTimeout(kill, OPEN_MS)
  signal.addEventListener('abort', kill, { once: true })
  const started = new Promise<ChildProcess | undefined>((resolve, reject) => {
    child.once('message', () => {
      ready = true
      child.unref()
      child.channel?.unref()
      ;(child.stderr as Socket | null)?.unref()
      resolve(child)
    })
    child.once('error', reject)
    child.once('exit', (status, killer) => {
      if (status === 0 || status === LOCKED || signal.aborted) {
        resolve(undefined)
        return
      }
      log.error({ status, signal: killer, complaint }, 'the process of the embedded database ended')
      const reason = /^\w*Error.*$/m.exec(complaint)?.[0] ?? killer ?? `status ${status}`
      reject(new TurnoutError('internal', `The embedded database in ${dataDir} could not be opened: ${reason}.`))
    })
  })
  return started.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
  })
}

/**
 * A connection to whoever serves the directory, and where nobody does, to a process of our own.
 * @param signal Ends the trying, and leaves nothing behind.
 * @throws TurnoutError invalid_input where the data directory cannot be used, internal where the database cannot be
 * opened, overloaded where its process does not answer; the reason of the signal
 */
export async function openConnection(
  dataDir: string,
  log: Log,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<Connection> {
  ensureDataDir(dataDir)
  const path = socketPath(dataDir)
  const lock = join(dataDir, 'db.lock')
  const patienceMs = isMade(dataDir) ? SILENT_HOLDER_MS : OPEN_MS
  const deadline = performance.now() + patienceMs
  for (let timeoutMs = patienceMs; timeoutMs > 0; timeoutMs = deadline - performance.now()) {
    signal.throwIfAborted()
    const connection = await Connection.dial(path, undefined, events, { timeoutMs, signal })
    if (connection) return connection
    if (isLocked(lock)) {
      // Its process is on its way up or down.
      await wait(RETRY_MS)
      continue
    }
    const child = await startChild(dataDir, log, signal)
    const own = child && (await Connection.dial(path, child, events, { timeoutMs, signal }))
    if (own) return own
    if (child?.connected) child.disconnect()
  }
  throw new TurnoutError(
    'overloaded',
    `The embedded database in ${dataDir} is held by a process that does not answer; ${lock} names it.`,
  )
}
