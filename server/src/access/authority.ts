/** Hands out shares of a limit to those who count, so that together they stay exact. */
export interface LimitAuthority {
  /**
   * How many of the requests that are wanted may be counted in that window;
   * 0 once the limit is given out. A promise when another process must be asked.
   *
   * @param window Minutes since the epoch.
   */
  lease(keyId: string, window: number, limit: number, want: number): number | Promise<number>
}

/** An authority that answers at once. */
export interface LocalAuthority extends LimitAuthority {
  lease(keyId: string, window: number, limit: number, want: number): number
}

/** The authority of one machine, in the memory of one process. */
export function createAuthority(): LocalAuthority {
  /** Requests given out, by window and key. The window before is kept for questions that were on their way. */
  const windows = new Map<number, Map<string, number>>()
  let newest = Number.NEGATIVE_INFINITY
  return {
    lease(keyId, window, limit, want) {
      if (window > newest) {
        newest = window
        for (const old of windows.keys()) if (old < newest - 1) windows.delete(old)
      }
      if (window < newest - 1) return 0
      let given = windows.get(window)
      if (given === undefined) {
        given = new Map()
        windows.set(window, given)
      }
      const before = given.get(keyId) ?? 0
      const granted = Math.max(0, Math.min(want, limit - before))
      given.set(keyId, before + granted)
      return granted
    },
  }
}
