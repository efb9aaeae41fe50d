import type { ExplainRoute, ModelTest, Provider, RouteExplanation, TestModel } from '@turnout/contract'
import type { Logger } from 'pino'
import type { Keys, RequestLimiter } from '../access/types.ts'
import type { Deployments } from '../gateway/routing/report.ts'
import type { Caller, Generation, HealthService } from '../gateway/types.ts'
import type { Ledger } from '../ledger/types.ts'
import type { Registry } from '../registry/types.ts'

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
  deployments: Deployments
  /** Where a request would go. Throws TurnoutError. */
  explainRoute: (asked: ExplainRoute) => RouteExplanation
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
