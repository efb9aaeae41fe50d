import type { Route } from '../../route.ts'
import { createBatch } from './batch-create.ts'
import { readBatch } from './batch-read.ts'
import { cancelJob } from './cancel.ts'
import { deleteJob } from './delete.ts'
import { streamJobEvents } from './events.ts'
import { generateImages } from './images-generate.ts'
import { listJobs } from './list.ts'
import { readJob } from './read.ts'
import { retryJob } from './retry.ts'
import { generateVideos } from './videos-generate.ts'

export const JOB_ROUTES: readonly Route[] = [
  generateImages,
  generateVideos,
  listJobs,
  createBatch,
  readBatch,
  readJob,
  streamJobEvents,
  cancelJob,
  retryJob,
  deleteJob,
]
