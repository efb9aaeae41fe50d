import type { Model } from '@turnout/contract'
import { OPTION_SCHEMAS } from '../../core/inputs/options.ts'
import { type JsonSchema, planOf } from '../../core/inputs/plan.ts'

/** The operations whose `inputs` are those of the model, and what it must make. */
const OPERATIONS: ReadonlyMap<unknown, 'image' | 'video'> = new Map([
  ['generateImages', 'image'],
  ['generateVideos', 'video'],
])

/** A description with more would be no help to anybody; each model has its own at `/api/models/{id}/schema`. */
const MOST_MODELS = 200
const MOST_CHARACTERS = 300_000

interface Described {
  id: string
  component: string
  kind: 'image' | 'video'
  schema: JsonSchema
}

/** As components may be called; the number keeps ids apart that differ in their punctuation alone. */
const componentOf = (id: string, index: number): string => `Inputs${index}_${id.replace(/\W/g, '_')}`

/**
 * The models of the catalog alone, whether they can be called or not: anybody
 * may read the description, and what an operator has configured is not for
 * anybody. Models that take the same share one schema.
 */
function described(models: readonly Model[]): Described[] {
  const found: Described[] = []
  const components = new Map<string, string>()
  let room = MOST_CHARACTERS
  for (const model of models) {
    const { provenance, lifecycle, output } = model
    if (provenance.layer !== 'catalog' || lifecycle.status === 'retired') continue
    if (!output.some((kind) => kind === 'image' || kind === 'video')) continue
    const plan = schemaOf(model)
    if (plan === undefined || found.length === MOST_MODELS) continue
    const { title: _, description: __, ...schema } = plan.schema
    const text = JSON.stringify(schema)
    const component = components.get(text) ?? componentOf(model.id, found.length)
    if (!components.has(text)) {
      if (text.length > room) continue
      room -= text.length
      components.set(text, component)
    }
    found.push({ id: model.id, component, kind: plan.kind, schema })
  }
  return found
}

/** Undefined for a record that is no valid schema, or whose references would lead elsewhere in another document. */
function schemaOf(model: Model): Pick<Described, 'kind' | 'schema'> | undefined {
  try {
    const { kind, schema } = planOf(model)
    return schema.$defs === undefined && schema.definitions === undefined ? { kind, schema } : undefined
  } catch {
    return undefined
  }
}

/** What a request is that names one of the models, or something else: a pool, a role, a model there was no room for. */
function alternatives(models: readonly Described[], kind: 'image' | 'video'): JsonSchema {
  const options = { $ref: `#/components/schemas/${kind === 'image' ? 'ImageOptions' : 'VideoOptions'}` }
  const named = models.map(({ id, component }) => ({
    title: id,
    type: 'object',
    properties: { model: { const: id }, inputs: { $ref: `#/components/schemas/${component}` }, options },
    required: ['model', 'inputs'],
  }))
  const other = {
    title: 'Another model, pool:NAME or role:NAME',
    type: 'object',
    properties: { model: { type: 'string', not: { enum: models.map(({ id }) => id) } }, options },
  }
  return { oneOf: [...named, other] }
}

interface Document {
  paths?: Record<
    string,
    Record<string, { operationId?: string; requestBody?: { content?: Record<string, { schema?: object }> } }>
  >
  components?: { schemas?: Record<string, unknown> }
}

/** The description with the inputs of each model, so that one operation shows what every model takes. */
export function withMediaInputs<Api extends object>(api: Api, models: readonly Model[]): Api {
  const document = api as Document
  const all = described(models)
  const schemas = document.components?.schemas
  if (schemas === undefined) return api
  for (const operations of Object.values(document.paths ?? {})) {
    for (const { operationId, requestBody } of Object.values(operations)) {
      const kind = OPERATIONS.get(operationId)
      const body = requestBody?.content?.['application/json']
      if (kind === undefined || body?.schema === undefined) continue
      const fitting = all.filter((model) => model.kind === kind)
      for (const { component, schema } of fitting) schemas[component] = schema
      schemas[kind === 'image' ? 'ImageOptions' : 'VideoOptions'] = OPTION_SCHEMAS[kind]
      body.schema = { allOf: [body.schema, alternatives(fitting, kind)] }
    }
  }
  return api
}
