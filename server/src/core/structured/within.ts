import { createContext, Script } from 'node:vm'

const context = createContext({ work: undefined })
const script = new Script('work()')

/**
 * What `work` returns, if it does so in time; a loop without end is broken
 * off. Costs a tenth of a millisecond.
 *
 * @throws Error with code ERR_SCRIPT_EXECUTION_TIMEOUT
 */
export function within<T>(ms: number, work: () => T): T {
  context.work = work
  try {
    return script.runInContext(context, { timeout: ms }) as T
  } finally {
    context.work = undefined
  }
}
