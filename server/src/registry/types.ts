import type { Layer, Model, ModelPatch } from '@turnout/contract'
import type { Deployment, ProviderConnection } from '../core/deployment.ts'
import type { Route } from '../core/route.ts'
import type { Identity } from '../core/routing/experiment.ts'
import type { RoutingAdmin } from './routing/admin.ts'
import type { RoutingRecords } from './routing/types.ts'

/** Something that a source says and that cannot be used. The rest of the source still is. */
export interface Problem {
  layer: Layer
  /** What to look at: a variable, `turnout.yaml:12 models[0].provider`, a record's id. */
  where: string
  message: string
}

/** What a name in a request stands for. */
export interface Resolution {
  deployment: Deployment
  /** Id of the model that was asked for, when a retired one was replaced; else undefined. */
  substitutedFor?: string
}

/** The registry at one moment. It never changes; a newer one takes its place. */
export interface Snapshot {
  readonly version: number
  /** All models, sorted by id. */
  readonly models: readonly Model[]
  readonly providers: ReadonlyMap<string, ProviderConnection>
  readonly problems: readonly Problem[]
  /** The model for prompt enhancement (PROMPT_MODEL_INDEX). */
  readonly promptModel: Model | undefined
  /** Requests per minute for keys that have no limit of their own. */
  readonly defaultRequestsPerMinute: number | undefined
  /**
   * The deployment for a public id, an alias or `provider/id`. On the hot path: one map look-up.
   * @throws TurnoutError model_not_found (with the nearest names), model_retired (with the replacement), model_not_enabled (with what to set)
   */
  resolve(name: string): Resolution
  /**
   * Where a request for a name may go: a model by any of its names,
   * `pool:NAME` or `role:NAME`, the latter with a pool of its own for some product types.
   * By whose request it is, a pool with an experiment sends it to one of its variants.
   * @throws TurnoutError as `resolve` does, for pools and roles alike
   */
  route(name: string, productType?: string, identity?: Identity): Route
  /** The record for the same names, in whatever state it is. */
  find(name: string): Model | undefined
  /** Ids of the providers on machines of the user's own, whose models may appear at any time. */
  readonly localProviders: ReadonlySet<string>
  /** Pools and roles by name, as their strongest layer has them. */
  readonly pools: RoutingRecords['pools']
  readonly roles: RoutingRecords['roles']
  /** The model that the variables MODEL_n_* name, n from 1. */
  byIndex(index: number): Model | undefined
}

export interface Registry {
  readonly snapshot: Snapshot
  readonly routing: RoutingAdmin
  /** Reads all sources again. An invalid file leaves the running configuration as it is. */
  reload(): Promise<void>
  onChange(listener: (snapshot: Snapshot) => void): () => void
  createModel(patch: ModelPatch): Promise<Model>
  /** Replaces the record that the database has, not those of weaker layers. */
  updateModel(id: string, patch: Omit<ModelPatch, 'id'>): Promise<Model>
  /** Deletes the database's record; the answer is what it revealed, if anything. */
  deleteModel(id: string): Promise<Model | undefined>
  close(): Promise<void>
}
