import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { isProcessAlive, processStart } from '../../lib/process.ts'

interface Holder {
  pid: number
  start: string | undefined
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Holder
    return typeof holder.pid === 'number' ? holder : undefined
  } catch {
    return undefined
  }
}

/**
 * Takes the lock of a data directory, which PGlite does not have: two
 * processes on one directory would lose each other's writes. A lock whose
 * process is gone is taken over.
 *
 * @returns what gives it back, or undefined where a living process holds it
 */
export function takeLock(path: string): (() => void) | undefined {
  mkdirSync(dirname(path), { recursive: true })
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(
        file,
        JSON.stringify({ pid: process.pid, start: processStart(process.pid) ?? undefined } satisfies Holder),
      )
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (holder && isProcessAlive(holder.pid, holder.start)) return undefined
    rmSync(path, { force: true })
  }
  return undefined
}
