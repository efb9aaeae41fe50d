import type { Serializable } from 'node:child_process'
import type { Family } from './family.ts'

/** A worker that has not answered by then is left out. */
const ANSWER_TIMEOUT_MS = 1_000

/** A worker asks for the metrics of all; the primary asks each of them; each answers; the primary hands them on. */
interface Message {
  turnout: 'metrics' | 'metrics-of' | 'metrics-are' | 'metrics-all'
  id: number
}
interface Answer extends Message {
  families: readonly Family[]
}
interface Answers extends Message {
  workers: readonly WorkerFamilies[]
}

export interface WorkerFamilies {
  worker: string
  families: readonly Family[]
}

const isFor = <T extends Message>(message: unknown, kind: Message['turnout']): message is T =>
  typeof message === 'object' && message !== null && (message as { turnout?: unknown }).turnout === kind

/** The part of a `Worker` of node:cluster that leads to it. */
export interface PeerChannel {
  readonly id: number
  on(event: 'message' | 'exit', listener: (message: unknown) => void): unknown
  send(message: Serializable, callback: (error: Error | null) => void): boolean
}

const send = (channel: PeerChannel, message: Message): void => {
  // One that died meanwhile needs no message.
  channel.send(message as unknown as Serializable, () => {})
}

interface Round {
  workers: WorkerFamilies[]
  missing: Set<PeerChannel>
  close(): void
}

/** In the primary: brings the metrics of all workers to the one that asks. */
export class PeerMetrics {
  readonly #living: () => readonly PeerChannel[]
  readonly #rounds = new Map<number, Round>()
  #lastId = 0

  constructor(living: () => readonly PeerChannel[]) {
    this.#living = living
  }

  serve(worker: PeerChannel): void {
    worker.on('message', (message: unknown) => {
      if (isFor<Message>(message, 'metrics')) this.#ask(worker, message.id)
      else if (isFor<Answer>(message, 'metrics-are')) {
        const round = this.#rounds.get(message.id)
        if (!round?.missing.delete(worker)) return
        round.workers.push({ worker: String(worker.id), families: message.families })
        if (round.missing.size === 0) round.close()
      }
    })
    worker.on('exit', () => {
      for (const round of this.#rounds.values()) {
        if (round.missing.delete(worker) && round.missing.size === 0) round.close()
      }
    })
  }

  #ask(asker: PeerChannel, question: number): void {
    this.#lastId += 1
    const id = this.#lastId
    const workers: WorkerFamilies[] = []
    const close = () => {
      clearTimeout(timer)
      this.#rounds.delete(id)
      send(asker, { turnout: 'metrics-all', id: question, workers } as Answers)
    }
    const timer = setTimeout(close, ANSWER_TIMEOUT_MS)
    const missing = new Set(this.#living())
    this.#rounds.set(id, { workers, missing, close })
    for (const worker of missing) send(worker, { turnout: 'metrics-of', id })
  }
}

/** The part of `process` in a worker that leads to the primary. */
export type PrimaryChannel = Pick<NodeJS.Process, 'connected' | 'on' | 'send'>

/** In a worker: asks all of them, itself included, and answers when one of them asks. */
export class Peers {
  readonly #channel: PrimaryChannel
  readonly #waiting = new Map<number, (workers: readonly WorkerFamilies[] | undefined) => void>()
  #lastId = 0

  constructor(channel: PrimaryChannel, own: () => Promise<readonly Family[]>) {
    this.#channel = channel
    channel.on('message', (message: unknown) => {
      if (isFor<Answers>(message, 'metrics-all')) this.#waiting.get(message.id)?.(message.workers)
      else if (isFor<Message>(message, 'metrics-of')) {
        const { id } = message
        void own().then((families) => this.#send({ turnout: 'metrics-are', id, families } as Answer))
      }
    })
    channel.on('disconnect', () => {
      for (const answer of this.#waiting.values()) answer(undefined)
    })
  }

  /** Undefined where the primary does not answer. */
  ask(): Promise<readonly WorkerFamilies[] | undefined> {
    if (!this.#channel.connected) return Promise.resolve(undefined)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      const answer = (workers: readonly WorkerFamilies[] | undefined) => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(workers)
      }
      const timer = setTimeout(() => answer(undefined), 2 * ANSWER_TIMEOUT_MS)
      this.#waiting.set(id, answer)
      this.#send({ turnout: 'metrics', id })
    })
  }

  #send(message: Message): void {
    // A primary that is gone has nobody waiting for it here but the timer.
    this.#channel.send?.(message, undefined, undefined, () => {})
  }
}
