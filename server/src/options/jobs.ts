import { integer, yesOrNo } from './kinds.ts'
import type { Option } from './option.ts'

/** How many media jobs may run at once, where no record says otherwise, how long they are kept, and what runs as one. */
export interface JobSettings {
  jobsPerProvider: number
  jobsPerModel: number
  jobsPerKey: number
  jobRetentionDays: number | undefined
  durableImages: boolean
}

const MOST = 100_000

export const JOB_OPTIONS: { readonly [Name in keyof JobSettings]: Option<JobSettings[Name]> } = {
  jobsPerProvider: {
    variable: 'TURNOUT_JOBS_PER_PROVIDER',
    flag: 'jobs-per-provider',
    kind: integer(1, MOST),
    default: '64',
    description: 'Media jobs that may run at one provider at once; `maxJobs` of a provider in turnout.yaml wins.',
  },
  jobsPerModel: {
    variable: 'TURNOUT_JOBS_PER_MODEL',
    flag: 'jobs-per-model',
    kind: integer(1, MOST),
    default: '32',
    description: 'Media jobs that may run with one model at once; `limits.jobs` of a model wins.',
  },
  jobsPerKey: {
    variable: 'TURNOUT_JOBS_PER_KEY',
    flag: 'jobs-per-key',
    kind: integer(1, MOST),
    default: '32',
    description: 'Media jobs of one virtual key that may run at once; `limits.jobs` of a key wins.',
  },
  jobRetentionDays: {
    variable: 'TURNOUT_JOB_RETENTION_DAYS',
    flag: 'job-retention-days',
    kind: integer(1, 36_500),
    default: undefined,
    otherwise: 'jobs are kept until somebody deletes them',
    description:
      'Days after which a job that is over is forgotten, with its attempts, events and deliveries, unless its outcome, a charge or a webhook is still open. The ledger and the outputs stay.',
  },
  durableImages: {
    variable: 'TURNOUT_DURABLE_IMAGES',
    flag: 'durable-images',
    kind: yesOrNo,
    default: 'true',
    description:
      'Makes pictures of `/v1/images/*` and `/api/generate-image` as jobs that survive a crash, and keeps them; `false` passes them through without keeping them.',
  },
}
