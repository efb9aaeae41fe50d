import { hostname } from 'node:os'
import { newId } from '../lib/ids.ts'
import { isProcessAlive, processStart } from '../lib/process.ts'

/** How long a process may be silent before another one takes over what it was at. */
export const LEASE_MS = 10_000

/** Who holds leases: this process, so that those on the same machine can tell whether it still lives. */
export const leaseOwner = (): string => `${hostname()}/${process.pid}/${processStart(process.pid) ?? ''}/${newId('w')}`

/** Whether the holder of a lease is a process of this machine that has died; a later one with its pid does not count. */
export function isDead(owner: string): boolean {
  const [host, pid, start] = owner.split('/')
  return host === hostname() && !isProcessAlive(Number(pid), start || undefined)
}

/** Somebody else works on the job by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'

  constructor(jobId: string) {
    super(`The lease of ${jobId} was lost.`)
  }
}
