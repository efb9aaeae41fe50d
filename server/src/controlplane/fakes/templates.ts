import type { Job } from '@turnout/contract'
import { createTemplates } from '../../gateway/templates/index.ts'
import type { TemplateMaker, Templates } from '../../gateway/templates/types.ts'
import type { TemplateStore } from '../../registry/templates/store.ts'

const NOW = '2026-03-01T10:00:00.000Z'

const JOB: Job = {
  id: 'job_1',
  kind: 'image',
  state: 'succeeded',
  model: 'flux-pro',
  deployment: 'flux-pro',
  provider: 'fal',
  inputs: {},
  options: {},
  userId: null,
  keyId: 'key_user',
  metadata: {},
  priority: 0,
  progress: 1,
  queuePosition: null,
  waiting: null,
  outputs: [],
  text: null,
  originalPrompt: null,
  cost: { quoted: null, reported: null, settled: '0.04' },
  usage: {},
  error: null,
  warnings: [],
  mapped: [],
  attempts: [],
  template: null,
  setId: null,
  retryOf: null,
  emulated: false,
  sequence: 3,
  createdAt: NOW,
  startedAt: NOW,
  finishedAt: NOW,
  deadlineAt: NOW,
  cancelRequestedAt: null,
  urls: { self: '/api/jobs/job_1', events: '/api/jobs/job_1/events', cancel: '/api/jobs/job_1/cancel' },
}

/** Makes nothing, and answers with what was ordered. */
export const fakeMaker: TemplateMaker = {
  made: async () => undefined,
  make: async ({ body, warnings }) => ({
    ...JOB,
    model: body.model,
    inputs: body.inputs,
    options: body.options,
    warnings,
  }),
}

const empty: TemplateStore = {
  list: async () => [],
  read: async () => undefined,
  version: async () => undefined,
  versions: async () => [],
  create: async (id, record, author) => ({ id, version: 1, record, author, createdAt: new Date(NOW) }),
  write: async (_id, record, author) => ({ version: 2, record, author, createdAt: new Date(NOW) }),
}

/** The templates that are built in, and no others. */
export const fakeTemplates = (): Templates =>
  createTemplates({
    store: empty,
    maker: fakeMaker,
    pictures: { readAs: () => async () => Promise.reject(new Error('there are no pictures')) },
  })
