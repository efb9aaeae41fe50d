import type { MediaReference } from '../../core/inputs/types.ts'
import { imagesOf } from '../../core/template/layout/index.ts'
import type { JobRequest, JobRow } from '../../jobs/types.ts'

/** The pictures that are to be drawn over what a job makes. */
export const drawnOver = ({ request }: Pick<JobRow, 'request'>): MediaReference[] =>
  imagesOf((request as JobRequest).composition?.layers ?? []).map(({ path, source }) => ({
    path: `composition.${path}.source`,
    value: source,
    kind: 'image',
    at: [],
  }))
