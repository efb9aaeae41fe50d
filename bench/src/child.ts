import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Has a child killed when this process ends, however it ends. */
export function neverOutlive(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
}

/** Asks a child to end and insists after `graceMs`. */
export async function stop(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await ended
  clearTimeout(timer)
}

/** A program of this folder that runs in a process of its own and takes commands. */
export class Helper<Command> {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #answers: { resolve(result: unknown): void; reject(error: Error): void }[] = []

  constructor(program: 'upstream' | 'bare' | 'load' | 'keeper', args: readonly string[] = []) {
    this.#child = fork(new URL(`./${program}.ts`, import.meta.url), args, { serialization: 'json' })
    this.pid = this.#child.pid!
    neverOutlive(this.#child)
    this.#child.on('message', (answer: { result?: unknown; error?: string }) => {
      const { resolve, reject } = this.#answers.shift()!
      if (answer.error === undefined) resolve(answer.result)
      else reject(new Error(`${program}: ${answer.error}`))
    })
    this.#child.once('exit', (status) => {
      for (const { reject } of this.#answers) reject(new Error(`${program} ended with status ${status}`))
    })
  }

  /** @throws Error what went wrong there, or that the process ended */
  ask<Result>(command: Command): Promise<Result> {
    const answer = new Promise<unknown>((resolve, reject) => this.#answers.push({ resolve, reject }))
    this.#child.send(command as object)
    return answer as Promise<Result>
  }

  close(): Promise<void> {
    return stop(this.#child, 1_000)
  }
}
