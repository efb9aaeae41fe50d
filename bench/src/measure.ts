import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Linux tells processor time in hundredths of a second. */
const MICROS_PER_TICK = 10_000

/** The fields of `/proc/<pid>/stat` after the name, which may itself hold blanks and brackets. */
export function parseStat(text: string): { parent: number; cpuMicros: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), cpuMicros: (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK }
}

/** Processor time of a process so far, all threads, user and system, in µs. */
export const cpuMicros = (pid: number): number => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).cpuMicros

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** How many files a process may have open. */
export function openFilesLimit(): number {
  const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** The process and everything it has started, directly or not. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      parents.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')).parent)
    } catch {
      // It ended meanwhile.
    }
  }
  const tree = [root]
  for (const member of tree) for (const [pid, parent] of parents) if (parent === member) tree.push(pid)
  return tree
}

export const commandLine = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1')

/** Waits until processes have no work left, for at least `leastMs` and at most 15 s. */
export async function quiet(pids: readonly number[], leastMs: number): Promise<void> {
  const total = () => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
  await sleep(leastMs)
  for (let i = 0, before = total(); i < 50; i += 1) {
    await sleep(300)
    const after = total()
    if (after - before <= 2 * MICROS_PER_TICK) return
    before = after
  }
}

/** Whether processes can be kept to processors of their own here. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Keeps all threads of a process to one processor. Does nothing where that cannot be done. */
export function pin(pid: number, processor: number): void {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', String(processor), String(pid)])
}
