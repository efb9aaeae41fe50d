import type { Route } from '../route.ts'
import { ARTIFACT_ROUTES } from './artifacts/index.ts'
import { receiveCallback } from './callbacks/receive.ts'
import { createComparison } from './compare/create.ts'
import { readComparison } from './compare/read.ts'
import { drainDeployment } from './deployments-drain.ts'
import { listDeployments } from './deployments-list.ts'
import { resetDeployment } from './deployments-reset.ts'
import { changeDeployment } from './deployments-unencoded.ts'
import { docs } from './docs.ts'
import { enhancePrompt } from './enhance.ts'
import { listExperiments } from './experiments-list.ts'
import { readExperiment } from './experiments-read.ts'
import { explainImage } from './explain-image.ts'
import { explainText } from './explain-text.ts'
import { giveFeedback } from './feedback-give.ts'
import { generateImage } from './generate-image.ts'
import { generateText } from './generate-text.ts'
import { readHealth } from './health.ts'
import { JOB_ROUTES } from './jobs/index.ts'
import { createKey } from './keys-create.ts'
import { listKeys } from './keys-list.ts'
import { revokeKey } from './keys-revoke.ts'
import { livez } from './livez.ts'
import { metrics } from './metrics.ts'
import { createModel } from './models-create.ts'
import { deleteModel } from './models-delete.ts'
import { importModel } from './models-import.ts'
import { listModels } from './models-list.ts'
import { readModel } from './models-read.ts'
import { readModelSchema } from './models-schema.ts'
import { testModel } from './models-test.ts'
import { updateModel } from './models-update.ts'
import { openapi } from './openapi.ts'
import { listProviders } from './providers-list.ts'
import { readyz } from './readyz.ts'
import { readRegistry } from './registry.ts'
import { root } from './root.ts'
import { explainRoute } from './route-explain.ts'
import { ROUTING_ROUTES } from './routing/index.ts'
import { TEMPLATE_ROUTES } from './templates/index.ts'
import { listAttempts } from './usage-attempts.ts'
import { readTotals } from './usage-totals.ts'
import { WEBHOOK_ROUTES } from './webhooks/index.ts'

/** Every route, in the order of the reference. */
export const ROUTES: readonly Route[] = [
  explainText,
  generateText,
  explainImage,
  generateImage,
  ...JOB_ROUTES,
  createComparison,
  readComparison,
  enhancePrompt,
  ...TEMPLATE_ROUTES,
  ...ARTIFACT_ROUTES,
  listModels,
  readModel,
  readModelSchema,
  createModel,
  importModel,
  updateModel,
  deleteModel,
  testModel,
  explainRoute,
  listDeployments,
  drainDeployment,
  resetDeployment,
  changeDeployment,
  listProviders,
  readRegistry,
  ...ROUTING_ROUTES,
  listExperiments,
  readExperiment,
  ...WEBHOOK_ROUTES,
  receiveCallback,
  listAttempts,
  readTotals,
  giveFeedback,
  listKeys,
  createKey,
  revokeKey,
  readHealth,
  livez,
  readyz,
  metrics,
  root,
  openapi,
  docs,
]
