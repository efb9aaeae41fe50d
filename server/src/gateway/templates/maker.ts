import type { JobRow } from '../../jobs/types.ts'
import { showOrdered } from '../jobs/ordered.ts'
import type { Jobs } from '../jobs/service.ts'
import type { Caller } from '../types.ts'
import type { TemplateMaker } from './types.ts'

type Orders = Pick<Jobs, 'create' | 'earlier' | 'settled' | 'show'>

/** Makes the pictures of templates by jobs. */
export function createTemplateMaker(jobs: Orders): TemplateMaker {
  const waited = async (job: JobRow, wait: number | undefined, { signal }: Caller, baseUrl: string) =>
    showOrdered(jobs, await jobs.settled(job, wait, signal), baseUrl)
  return {
    async made({ sent, idempotencyKey }, wait, caller, baseUrl) {
      const earlier = await jobs.earlier(sent, idempotencyKey, caller)
      return earlier && waited(earlier, wait, caller, baseUrl)
    },
    async make({ composition, ...order }, caller, baseUrl) {
      const drawn = composition === null ? {} : { composition }
      const created = await jobs.create({ kind: 'image', ...order, ...drawn }, caller)
      return waited(created, order.body.wait, caller, baseUrl)
    },
  }
}
