import type { ArtifactService } from '../../artifacts/types.ts'
import { TurnoutError } from '../../core/error.ts'

const absent = async (): Promise<never> => {
  throw new TurnoutError('not_found', 'There is no artifact.')
}

/** Nothing is kept. */
export function fakeArtifacts(): ArtifactService {
  return {
    largest: 1_000,
    keep: absent,
    find: async () => undefined,
    ofJobs: async () => [],
    list: async () => ({ items: [], nextCursor: null }),
    link: () => '',
    thumbnailLink: () => '',
    verify: () => {
      throw new TurnoutError('permission', 'The signature of the link is wrong.')
    },
    describe: absent,
    open: absent,
    address: async () => undefined,
    delete: async () => {},
    room: async () => 1_000,
  }
}
