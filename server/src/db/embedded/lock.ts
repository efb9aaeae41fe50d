import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { isProcessAlive, processStart } from '../../lib/process.ts'

interface Holder {
  pid: number
  start: string | undefined
}

/** Between the making of a lock and the writing of its holder; one that stays empty for longer was given up. */
const WRITING_MS = 5_000

type State = 'free' | 'held' | 'abandoned'

/** What one look at a lock shows. */
function look(path: string): State {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'free'
    throw error
  }
  const holder = parseHolder(text)
  if (holder) return isProcessAlive(holder.pid, holder.start) ? 'held' : 'abandoned'
  const made = statSync(path, { throwIfNoEntry: false })
  if (!made) return 'free'
  return Date.now() - made.mtimeMs < WRITING_MS ? 'held' : 'abandoned'
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder
    return typeof holder.pid === 'number' ? holder : undefined
  } catch {
    return undefined
  }
}

/** Whether a living process holds the lock, or is about to. */
export const isLocked = (path: string): boolean => look(path) === 'held'

/** @returns what gives the lock back, or undefined where there is one */
function make(path: string): (() => void) | undefined {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  const holder: Holder = { pid: process.pid, start: processStart(process.pid) ?? undefined }
  writeSync(file, JSON.stringify(holder))
  closeSync(file)
  return () => rmSync(path, { force: true })
}

/**
 * Takes the lock of a data directory, which PGlite does not have: two
 * processes on one directory would lose each other's writes. A lock whose
 * process is gone is taken over. Only the holder of a second lock may do so:
 * of two that find the same dead holder, the slower one would else remove the
 * lock that the faster one has just made.
 *
 * @returns what gives it back, or undefined where another process holds it or is taking it
 */
export function takeLock(path: string): (() => void) | undefined {
  const made = make(path)
  if (made || isLocked(path)) return made
  const endTakeover = takeLock(`${path}.takeover`)
  if (!endTakeover) return undefined
  try {
    const state = look(path)
    if (state === 'held') return undefined
    // An abandoned lock stays until it is removed here. Where there is none, others may make theirs at any moment, and
    // it must not be removed.
    if (state === 'abandoned') rmSync(path, { force: true })
    return make(path)
  } finally {
    endTakeover()
  }
}
