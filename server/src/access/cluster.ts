import type { Serializable } from 'node:child_process'
import { createAuthority, type LimitAuthority } from './authority.ts'

/** A primary that has not answered by then is counted as dead. */
const ANSWER_TIMEOUT_MS = 1_000
/** How long a primary that did not answer is left alone. */
const RETRY_MS = 5_000

interface LeaseQuestion {
  turnout: 'lease'
  id: number
  keyId: string
  window: number
  limit: number
  want: number
}

interface LeaseAnswer {
  turnout: 'leased'
  id: number
  granted: number
}

function isMessage(message: unknown, kind: 'lease'): message is LeaseQuestion
function isMessage(message: unknown, kind: 'leased'): message is LeaseAnswer
function isMessage(message: unknown, kind: string): boolean {
  return typeof message === 'object' && message !== null && 'turnout' in message && message.turnout === kind
}

/** The part of a `Worker` of node:cluster that leads to it. */
export interface WorkerChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown
  send(message: Serializable, callback: (error: Error | null) => void): boolean
}

/** In the primary: answers the questions of a worker. */
export function serveAuthority(worker: WorkerChannel, authority: LimitAuthority): void {
  worker.on('message', async (message: unknown) => {
    if (!isMessage(message, 'lease')) return
    const granted = await authority.lease(message.keyId, message.window, message.limit, message.want)
    const answer: LeaseAnswer = { turnout: 'leased', id: message.id, granted }
    // A worker that died meanwhile needs no answer.
    worker.send(answer, () => {})
  })
}

/**
 * In a worker: asks the primary. While that is dead or silent, the worker
 * allows its own share of the limit, so that a key keeps working and all
 * workers together stay about within the limit.
 *
 * @param workers How many workers there are.
 */
export function remoteAuthority(channel: PrimaryChannel, workers: number): LimitAuthority {
  return new RemoteAuthority(channel, workers)
}

/** The part of `process` in a worker that leads to the primary. */
export type PrimaryChannel = Pick<NodeJS.Process, 'connected' | 'on' | 'send'>

class RemoteAuthority implements LimitAuthority {
  readonly #channel: PrimaryChannel
  readonly #workers: number
  /** What this worker got, so that its own share does not come on top. */
  readonly #local = createAuthority()
  /** Each takes an answer, or undefined where none will come. */
  readonly #waiting = new Map<number, (granted: number | undefined) => void>()
  #lastId = 0
  #leftAloneUntil = Number.NEGATIVE_INFINITY

  constructor(channel: PrimaryChannel, workers: number) {
    this.#channel = channel
    this.#workers = workers
    channel.on('message', (message: unknown) => {
      if (isMessage(message, 'leased')) this.#waiting.get(message.id)?.(message.granted)
    })
    channel.on('disconnect', () => {
      for (const answer of this.#waiting.values()) answer(undefined)
    })
  }

  lease(keyId: string, window: number, limit: number, want: number): number | Promise<number> {
    if (!this.#channel.connected || performance.now() < this.#leftAloneUntil) {
      return this.#ownShare(keyId, window, limit, want)
    }
    return this.#ask(keyId, window, limit, want).then((granted) => {
      if (granted === undefined) return this.#ownShare(keyId, window, limit, want)
      this.#local.lease(keyId, window, Number.POSITIVE_INFINITY, granted)
      return granted
    })
  }

  #ownShare(keyId: string, window: number, limit: number, want: number): number {
    return this.#local.lease(keyId, window, Math.max(1, Math.floor(limit / this.#workers)), want)
  }

  #ask(keyId: string, window: number, limit: number, want: number): Promise<number | undefined> {
    this.#lastId += 1
    const question: LeaseQuestion = { turnout: 'lease', id: this.#lastId, keyId, window, limit, want }
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(undefined), ANSWER_TIMEOUT_MS)
      const answer = (granted: number | undefined) => {
        clearTimeout(timer)
        this.#waiting.delete(question.id)
        if (granted === undefined) this.#leftAloneUntil = performance.now() + RETRY_MS
        resolve(granted)
      }
      this.#waiting.set(question.id, answer)
      this.#channel.send?.(question, undefined, undefined, (error: Error | null) => {
        if (error) answer(undefined)
      })
    })
  }
}
