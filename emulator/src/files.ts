import type { Fate } from './faults.ts'
import { freshId } from './random.ts'
import type { RawBody } from './types.ts'

interface Entry {
  make: () => RawBody | Promise<RawBody>
  expired: boolean
}

const MAX_FILES = 10_000

/** Results behind URLs that need no credential, as providers sign them. */
export class Files {
  readonly #entries = new Map<string, Entry>()

  /**
   * Puts a result behind a URL. Its bytes are made when they are fetched.
   *
   * @param origin of the call: the URL names the host that the client used
   * @param extension without a dot, e.g. `png`
   * @param fate `expired-result` gives a URL that is gone
   */
  publish(origin: string, extension: string, make: Entry['make'], fate?: Fate): string {
    const name = `${freshId('', 20)}.${extension}`
    this.#entries.set(name, { make, expired: fate?.kind === 'expired-result' })
    if (this.#entries.size > MAX_FILES) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    return `${origin}/_files/${name}`
  }

  /** The bytes of a name; undefined where it is unknown or expired. */
  async read(name: string): Promise<RawBody | undefined> {
    const entry = this.#entries.get(name)
    return entry && !entry.expired ? await entry.make() : undefined
  }

  clear(): void {
    this.#entries.clear()
  }
}
