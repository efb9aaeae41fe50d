import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The bin of the repository. */
export const BIN = fileURLToPath(new URL('../../server/bin/turnout.js', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

interface Place {
  cwd: string
  /** On top of the bare environment. */
  env?: Record<string, string>
}

/** What programs need to run at all, and nothing that configures Turnout or the npm that runs the tests. */
function bareEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(HOME|USER|LANG|TMPDIR|PATH|.*_proxy|NODE_EXTRA_CA_CERTS|npm_config_(registry|cache|userconfig))$/i.test(name),
  )
  const env = Object.fromEntries(kept) as Record<string, string>
  return { ...env, PATH: `${dirname(process.execPath)}:${env.PATH ?? ''}` }
}

function start(command: string, args: readonly string[], { cwd, env }: Place) {
  const child = spawn(command, args, { cwd, env: { ...bareEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  return { child, output }
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], place: Place): Promise<Ended> {
  const { child, output } = start(command, args, place)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** Runs the bin of the repository to its end. */
export const turnout = (args: readonly string[], place: Place): Promise<Ended> =>
  run(process.execPath, [BIN, ...args], place)

export interface Running {
  url: string
  pid: number
  child: ChildProcess
  output: { stdout: string; stderr: string }
  /** Asks it to stop, and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** Starts a program that says "... is ready on URL" or "... answers at URL" and goes on. */
export async function serve(command: string, args: readonly string[], place: Place): Promise<Running> {
  const { child, output } = start(command, args, place)
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const ready = /(?:ready on|answers at) (http:\S+)\s/.exec(output.stdout)
      if (ready) resolve(ready[1]!)
    }
    child.stdout.on('data', look)
    child.once('error', reject)
    void ended.then((end) =>
      reject(new Error(`ended with ${end.code} before it was ready\n${end.stdout}\n${end.stderr}`)),
    )
  })
  return {
    url,
    pid: child.pid!,
    child,
    output,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
