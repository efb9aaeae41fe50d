import { readFileSync } from 'node:fs'

/** A process that has ended stays listed as a zombie until its parent asks for its exit status. */
const ENDED = new Set(['Z', 'X'])

/**
 * When a process started, in clock ticks since the machine did: fields 3
 * (state) and 22 of /proc/PID/stat (man 5 proc). Null for one that has ended,
 * undefined where there is no /proc.
 */
export function processStart(pid: number): string | null | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ENDED.has(fields[0]!) ? null : fields[19]
}

/**
 * Whether that very process still runs; a later one with the same pid does not count.
 * @param start What `processStart` said of it; undefined where that is not known.
 */
export function isProcessAlive(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const found = processStart(pid)
  if (found === null) return false
  return found === undefined || start === undefined || found === start
}
