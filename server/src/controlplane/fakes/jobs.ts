import { TurnoutError } from '../../core/error.ts'
import type { Jobs } from '../../gateway/jobs/service.ts'

/** Jobs of a server that has none. */
export function fakeJobs(): Jobs {
  const none = async (): Promise<never> => {
    throw new TurnoutError('not_found', 'There is no job with that id.')
  }
  return {
    create: none,
    find: none,
    cancel: none,
    retry: none,
    remove: none,
    set: none,
    batch: none,
    list: async () => ({ items: [], nextCursor: null }),
    showAll: async () => [],
    events: none,
  } as unknown as Jobs
}
