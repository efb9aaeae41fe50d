import type { ExperimentReport, Feedback } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { ControlPlaneServices } from '../services.ts'

export const EXPERIMENT: ExperimentReport = {
  name: 'style',
  pools: ['writer'],
  by: 'user',
  variants: [
    {
      variant: 'control',
      weight: 1,
      to: null,
      requests: 2,
      succeeded: 1,
      failed: 1,
      errorRate: 0.5,
      attempts: 3,
      failedAttempts: 2,
      latencyMs: { average: 10, median: 10, p95: 10 },
      firstPartMs: null,
      cost: '0.001',
      emulatedCost: '0',
      unknownCost: 0,
      validatorHardFails: 1,
      feedback: { count: 1, average: 0.5 },
    },
  ],
}

const FEEDBACK: Feedback = {
  requestId: 'req_1',
  score: 1,
  label: null,
  comment: null,
  experiment: 'style',
  variant: 'control',
  createdAt: '2026-03-01T10:00:00.000Z',
}

/** Knows one experiment, and the requests of every key. */
export const fakeExperiments = (): Pick<ControlPlaneServices, 'experiments' | 'feedback'> => ({
  experiments: {
    list: async () => [EXPERIMENT],
    read: async (name) => {
      if (name === EXPERIMENT.name) return EXPERIMENT
      throw new TurnoutError('not_found', 'There is no such experiment.')
    },
  },
  feedback: { give: async (given) => ({ ...FEEDBACK, requestId: given.requestId, score: given.score }) },
})
