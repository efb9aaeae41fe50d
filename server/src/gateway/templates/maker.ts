import type { Jobs } from '../jobs/service.ts'
import type { TemplateMaker } from './types.ts'

/** Makes the pictures of templates by jobs. */
export const createTemplateMaker = (jobs: Pick<Jobs, 'create' | 'settled' | 'show'>): TemplateMaker => ({
  async make({ template, body, composition, warnings, idempotencyKey }, caller, baseUrl) {
    const drawn = composition === null ? {} : { composition }
    const created = await jobs.create({ kind: 'image', body, template, ...drawn, warnings, idempotencyKey }, caller)
    return jobs.show(await jobs.settled(created, body.wait, caller.signal), baseUrl)
  },
})
