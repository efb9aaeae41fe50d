import { integer, yesOrNo } from './kinds.ts'
import type { Option } from './option.ts'

/** How many media jobs may run at once, where no record says otherwise, and what runs as one. */
export interface JobSettings {
  jobsPerProvider: number
  jobsPerModel: number
  jobsPerKey: number
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
  durableImages: {
    variable: 'TURNOUT_DURABLE_IMAGES',
    flag: 'durable-images',
    kind: yesOrNo,
    default: 'true',
    description:
      'Makes pictures of `/v1/images/*` and `/api/generate-image` as jobs that survive a crash, and keeps them; `false` passes them through without keeping them.',
  },
}
