import { randomBytes } from 'node:crypto'
import { isProcessAlive, processStart } from '../lib/process.ts'

/**
 * A writer is one ledger in one process. Its id, `<pid>-<start>-<random>`,
 * says which process it belongs to, so that others can tell when that is gone.
 */
export function newWriterId(): string {
  return `${process.pid}-${processStart(process.pid) ?? '0'}-${randomBytes(4).toString('hex')}`
}

/** Whether the process of a writer still runs; a later one with the same pid does not count. */
export function isAlive(writer: string): boolean {
  const [pid, start] = writer.split('-')
  return isProcessAlive(Number(pid), start)
}
