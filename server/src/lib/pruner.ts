const EVERY_MS = 10 * 60 * 1000

interface Log {
  warn(details: object, message: string): void
}

/** Prunes now and then, of many processes each a little apart; one run at a time. */
export class Pruner {
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> = Promise.resolve()

  /** @param what Is pruned, in the plural, for the log. */
  constructor(prune: () => Promise<void>, what: string, log: Log, everyMs = EVERY_MS * (1 + Math.random() / 4)) {
    let busy = false
    this.#timer = setInterval(() => {
      if (busy) return
      busy = true
      this.#running = prune()
        .catch((error: unknown) => log.warn({ err: error }, `${what} could not be pruned; the next run will try again`))
        .finally(() => {
          busy = false
        })
    }, everyMs).unref()
  }

  /** Lets a run that is under way end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }
}
