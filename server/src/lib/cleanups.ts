import { setImmediate as immediate } from 'node:timers/promises'

interface Step {
  name: string
  clean: () => unknown
}

/** What was left undone, by the names of the steps. */
interface Leftovers {
  unfinished: readonly string[]
  failed: readonly { name: string; error: unknown }[]
}

/** What is to be undone at the end, the latest first, and within a bounded time. */
export class Cleanups {
  readonly #steps: Step[] = []

  add(name: string, clean: () => unknown): void {
    this.#steps.push({ name, clean })
  }

  /**
   * Takes the steps one after the other, whether or not the ones before
   * failed. When the time is over, those that are left are begun at once and
   * not waited for.
   */
  async run(timeoutMs: number): Promise<Leftovers> {
    const failed: { name: string; error: unknown }[] = []
    const running = new Set<string>()
    const take = async ({ name, clean }: Step) => {
      running.add(name)
      try {
        await clean()
      } catch (error) {
        failed.push({ name, error })
      }
      running.delete(name)
    }
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    for (const step of this.#steps.splice(0).reverse()) await Promise.race([take(step), over])
    clearTimeout(timer)
    // What was begun only now may be done in no time.
    await immediate()
    return { unfinished: [...running], failed }
  }
}
