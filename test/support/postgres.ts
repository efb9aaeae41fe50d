import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './run.ts'

/** A PostgreSQL server of a test's own, that can be away for a while. */
export interface Cluster {
  url: string
  /** It takes connections, and answers nothing. */
  hang(): void
  resume(): void
  /** It is gone at once, and its connections with it. */
  crash(): void
  /** It begins to serve again, on the same data and port. */
  restart(): void
  remove(): void
}

const SCRIPT = join(ROOT, '.ci/postgres')

const run = (...args: string[]): string =>
  execFileSync(args[0]!, args.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

export function startCluster(): Cluster {
  const directory = mkdtempSync(join(tmpdir(), 'turnout-postgres-'))
  const url = run(SCRIPT, 'start', directory).trim().split('\n').at(-1)!
  const data = join(directory, 'data')
  const command = readFileSync(join(data, 'postmaster.opts'), 'utf8')
  const [program, ...options] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const tell = (pid: number, name: NodeJS.Signals) => {
    try {
      process.kill(pid, name)
    } catch (error) {
      // A process of a connection that has just ended.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  const signal = (name: NodeJS.Signals) => {
    const postmaster = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]!
    // First the one that would make new ones.
    tell(Number(postmaster), name)
    for (const child of run('ps', '-o', 'pid=', '--ppid', postmaster).trim().split(/\s+/)) tell(Number(child), name)
  }
  const crash = () => {
    run(SCRIPT, 'stop', directory)
  }
  return {
    url,
    hang: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    crash,
    restart() {
      // It refuses to run as root.
      const whole = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', program!] : [program!]
      spawn(whole[0]!, [...whole.slice(1), ...options], { cwd: directory, stdio: 'ignore', detached: true }).unref()
    },
    remove() {
      crash()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
