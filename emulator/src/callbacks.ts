import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

/** A call of a webhook that a request has registered. */
export interface Callback {
  provider: string
  url: string
  headers: Readonly<Record<string, string>>
  /** JSON, byte for byte as it is signed. */
  body: string
}

/** A callback that was made, and the status of the answer; undefined where none came. */
export interface MadeCallback extends Callback {
  status: number | undefined
}

type Make = () => Callback | Promise<Callback>

const PATIENCE_MS = 10_000

/** The webhooks of submitted work: called once, after the answer to its request is on its way or lost. */
export class Callbacks {
  readonly #key: KeyObject
  /** What signatures by the key are checked with. */
  readonly publicKey: JsonWebKey
  readonly #closing: AbortSignal
  readonly #running = new Set<Promise<void>>()
  #made: MadeCallback[] = []

  constructor(closing: AbortSignal) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#key = privateKey
    this.publicKey = publicKey.export({ format: 'jwk' })
    this.#closing = closing
  }

  get key(): KeyObject {
    return this.#key
  }

  /** @param make Asked when the work is done, which is after the answer to its request has been written. */
  add(make: Make): void {
    const call = this.#call(make).finally(() => this.#running.delete(call))
    this.#running.add(call)
  }

  made(): MadeCallback[] {
    return [...this.#made]
  }

  clear(): void {
    this.#made = []
  }

  /** When all calls are over. */
  async settle(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #call(make: Make): Promise<void> {
    await setImmediate()
    const callback = await make()
    const signal = AbortSignal.any([this.#closing, AbortSignal.timeout(PATIENCE_MS)])
    const { url, headers, body } = callback
    let status: number | undefined
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      status = answer.status
      await answer.arrayBuffer()
    } catch {
      // Nobody was there; the work can still be asked for.
    }
    this.#made.push({ ...callback, status })
  }
}
