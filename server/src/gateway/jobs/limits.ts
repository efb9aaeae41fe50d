import type { Deployment } from '../../core/deployment.ts'

/** How many jobs may run at once, where neither model nor key says otherwise. */
export interface JobLimitOptions {
  perProvider: number
  perModel: number
  perKey: number
}

/** The limits of one job: what a record says wins over what holds for all. */
export const limitsOf = (
  { perProvider, perModel, perKey }: JobLimitOptions,
  { model, provider }: Deployment,
  ofKey: number | undefined,
) => ({
  provider: provider.maxJobs ?? perProvider,
  deployment: model.limits.jobs ?? perModel,
  key: ofKey ?? perKey,
})
