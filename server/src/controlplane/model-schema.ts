import type { ModelSchema } from '@turnout/contract'
import { OPTION_SCHEMAS } from '../core/inputs/options.ts'
import { planOf } from '../core/inputs/plan.ts'
import type { Snapshot } from '../registry/types.ts'

/** An id may contain slashes that nobody has encoded: then the end of the path tells what is asked for. */
const SUFFIX = '/schema'

/** The id of a model whose schema a path asks for; undefined where it asks for a model. */
export const schemaPath = (path: string, { find }: Pick<Snapshot, 'find'>): string | undefined =>
  path.endsWith(SUFFIX) && find(path) === undefined ? path.slice(0, -SUFFIX.length) : undefined

/** @throws TurnoutError model_not_found, capability_missing for a model that makes neither pictures nor videos */
export function modelSchema(name: string, snapshot: Snapshot): ModelSchema {
  // To resolve an unknown name throws the error that tells the nearest ones.
  const model = snapshot.find(name) ?? snapshot.resolve(name).deployment.model
  const { kind, schema } = planOf(model)
  return { model: model.id, kind, inputs: schema, options: OPTION_SCHEMAS[kind] }
}
