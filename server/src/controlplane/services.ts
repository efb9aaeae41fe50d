import type {
  EnhancedPrompt,
  EnhancePrompt,
  ExplainRoute,
  ImportedModel,
  ImportModel,
  ModelTest,
  Provider,
  RouteExplanation,
  TestModel,
} from '@turnout/contract'
import type { Logger } from 'pino'
import type { Keys, RequestLimiter } from '../access/types.ts'
import type { ArtifactService } from '../artifacts/types.ts'
import type { Comparisons } from '../gateway/comparisons.ts'
import type { Callbacks } from '../gateway/jobs/callbacks.ts'
import type { Jobs } from '../gateway/jobs/service.ts'
import type { Experiments } from '../gateway/routing/experiments.ts'
import type { ExplainCaller } from '../gateway/routing/explain.ts'
import type { Deployments } from '../gateway/routing/report.ts'
import type { Templates } from '../gateway/templates/types.ts'
import type { Caller, Generation, HealthService } from '../gateway/types.ts'
import type { Webhooks } from '../jobs/webhooks/types.ts'
import type { FeedbackStore } from '../ledger/feedback.ts'
import type { Ledger } from '../ledger/types.ts'
import type { Registry } from '../registry/types.ts'

/** What is counted, as Prometheus reads it. */
export interface MetricsService {
  contentType: string
  page(): Promise<string>
  /** Anybody may read it. */
  isPublic: boolean
  /** @param route Its pattern: one of few. */
  requestEnded(method: string, route: string, status: number, milliseconds: number): void
}

/** All that the control plane needs of the rest of Turnout. */
export interface ControlPlaneServices {
  registry: Registry
  keys: Keys
  limiter: RequestLimiter
  ledger: Ledger
  generation: Generation
  health: HealthService
  /** Every provider that is known, and how it is. */
  providers: () => Provider[]
  /** Makes the cheapest real call of a model, or says what it would cost. Throws TurnoutError. */
  testModel: (name: string, input: TestModel, caller: Caller) => Promise<ModelTest>
  /** Makes a model from what its provider publishes of it; a dry run keeps nothing. Throws TurnoutError. */
  importModel: (asked: ImportModel, dryRun: boolean) => Promise<ImportedModel>
  deployments: Deployments
  /** Where a request would go. Throws TurnoutError. */
  explainRoute: (asked: ExplainRoute, caller: ExplainCaller) => RouteExplanation
  jobs: Jobs
  /** What providers tell by themselves. */
  callbacks: Pick<Callbacks, 'requireOurs' | 'receive'>
  comparisons: Comparisons
  /** A better prompt. Throws TurnoutError. */
  enhance: (asked: EnhancePrompt, caller: Caller) => Promise<EnhancedPrompt>
  templates: Templates
  experiments: Experiments
  feedback: FeedbackStore
  webhooks: Webhooks
  metrics: MetricsService
  artifacts: ArtifactService
  /** Where clients reach this server, where that is configured; without a trailing slash. */
  publicUrl: string | undefined
  log: Logger
  /** Answers tell nothing of internals: no stack, no cause. */
  production: boolean
  version: string
  /** No credential is configured: the built-in emulator answers. */
  emulated: boolean
  newRequestId: () => string
  /** The longest request body, in bytes. */
  bodyLimit: number
}
