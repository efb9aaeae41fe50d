import type { UsageTotal } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Database, Log } from '../db/database.ts'
import { adopt } from './adopt.ts'
import { answered } from './answered.ts'
import { readAttempts, readTotals } from './queries.ts'
import { endLine, startLine } from './records.ts'
import { closeWriter, importFile } from './sink.ts'
import { Spool } from './spool.ts'
import type { AttemptEnd, AttemptFilter, AttemptStart, Grouping, Ledger, OpenAttempt } from './types.ts'
import { newWriterId } from './writer.ts'

const FLUSH_MS = 1_000
const ADOPT_MS = 10_000
/** The longest wait between two tries while the database is down. */
const MAX_BACKOFF_MS = 30_000

export interface LedgerOptions {
  database: Database
  /** Where the spool files are kept; on one machine all processes with the same database share it. */
  dir: string
  log: Log
}

/**
 * Opens the ledger, and in the background takes over what processes that died
 * have left in the directory.
 * @throws TurnoutError internal where the directory cannot be written
 */
export async function createLedger(options: LedgerOptions): Promise<Ledger> {
  try {
    return new SpooledLedger(options)
  } catch (error) {
    throw new TurnoutError('internal', `The directory for records cannot be written: ${options.dir}.`, { cause: error })
  }
}

class SpooledLedger implements Ledger {
  readonly #options: LedgerOptions
  readonly #writer = newWriterId()
  readonly #spool: Spool
  readonly #timers: NodeJS.Timeout[]
  /** Flushes and adoptions take turns. */
  #turns: Promise<unknown> = Promise.resolve()
  /** Longer with every failure; 0 while the database answers. */
  #backoffMs = 0
  #nextTryAt = 0
  #working = false

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#spool = new Spool({ dir: options.dir, writer: this.#writer, log: options.log })
    this.#timers = [
      setInterval(() => this.#spool.pending && this.#inBackground(() => this.#drain()), FLUSH_MS).unref(),
      setInterval(() => this.#inBackground(() => this.#adopt()), ADOPT_MS).unref(),
    ]
    this.#inBackground(() => this.#adopt())
  }

  open(start: AttemptStart): OpenAttempt {
    const line = startLine(start)
    this.#spool.append(line)
    return line
  }

  close(attempt: OpenAttempt, end: AttemptEnd, then: () => void): void {
    this.#spool.append(endLine(attempt, end), then)
  }

  /** @throws TurnoutError overloaded while the database does not answer; the records stay spooled */
  flush(): Promise<void> {
    return answered(this.#inTurn(() => this.#drain()))
  }

  async attempts(filter: AttemptFilter, page: { cursor?: string; limit: number }) {
    await this.flush()
    return answered(readAttempts(this.#options.database, filter, page))
  }

  async totals(filter: AttemptFilter, by: Grouping | undefined): Promise<UsageTotal[]> {
    await this.flush()
    return answered(readTotals(this.#options.database, filter, by))
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    try {
      await this.#inTurn(async () => {
        await this.#drain()
        await closeWriter(this.#options.database, this.#writer)
      })
      this.#spool.end()
    } catch (error) {
      this.#spool.leave()
      this.#options.log.warn({ err: error }, 'ledger: records stay in the spool until the next start')
    }
  }

  async #drain(): Promise<void> {
    await this.#importClosed()
    // While the database is down the open file is left to grow, rather than a new one made each second.
    this.#spool.rotate()
    await this.#importClosed()
  }

  async #importClosed(): Promise<void> {
    for (let path = this.#spool.closed; path !== undefined; path = this.#spool.closed) {
      await importFile(this.#options, path, this.#writer)
      await this.#spool.removeClosed()
    }
  }

  #adopt(): Promise<void> {
    return adopt(this.#options, this.#options.dir, this.#writer)
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turns.then(task)
    this.#turns = result.catch(() => {})
    return result
  }

  /** Failures are logged once and the tries become rare, until one succeeds. */
  async #inBackground(task: () => Promise<void>): Promise<void> {
    if (this.#working || performance.now() < this.#nextTryAt) return
    this.#working = true
    try {
      await this.#inTurn(task)
      if (this.#backoffMs > 0) this.#options.log.info({}, 'ledger: the database answers again')
      this.#backoffMs = 0
    } catch (error) {
      if (this.#backoffMs === 0) {
        this.#options.log.warn({ err: error }, 'ledger: the database does not answer; records wait in the spool')
      }
      this.#backoffMs = Math.min(MAX_BACKOFF_MS, this.#backoffMs * 2 || FLUSH_MS)
      this.#nextTryAt = performance.now() + this.#backoffMs
    } finally {
      this.#working = false
    }
  }
}
