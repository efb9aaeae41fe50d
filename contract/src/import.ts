import { z } from 'zod'
import { Model, ModelId, ModelPatch, Prices } from './models.ts'

/** An id such as `fal-ai/flux/dev`: segments that lead nowhere else. */
const Endpoint = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*){1,9}$/, 'must be the id of an endpoint, such as fal-ai/flux/dev')

export const ImportModel = z.strictObject({
  provider: z.string().min(1).max(100).default('fal').describe('Id of the provider that serves it.'),
  endpoint: Endpoint.describe('What the provider calls it.'),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Its OpenAPI description or the JSON Schema of its input. Absent: fetched from fal.'),
  id: ModelId.optional().describe('What requests call the model. Absent: made of the endpoint.'),
  name: z.string().min(1).max(200).optional(),
  output: z.enum(['image', 'video']).optional().describe('What it makes, where its description does not tell.'),
  prices: Prices.optional().describe('Absent: not known, so that its calls cost null.'),
  tags: z.array(z.string().min(1).max(50)).max(50).optional(),
})
export type ImportModel = z.infer<typeof ImportModel>

export const ImportQuery = z.strictObject({
  dryRun: z.stringbool().default(false).describe('Answer the record, and keep nothing.'),
})

export const ImportedModel = z.object({
  record: ModelPatch.describe('As it is stored; it may be changed like any other.'),
  model: Model.nullable().describe('As the registry has it now; null after a dry run.'),
  schema: z.record(z.string(), z.unknown()).describe('The JSON Schema of its inputs.'),
  notes: z.array(z.string()).describe('What could not be told from the description, in whole sentences.'),
})
export type ImportedModel = z.infer<typeof ImportedModel>

/** What a model takes: all of it, in JSON Schema. */
export const ModelSchema = z.object({
  model: z.string(),
  kind: z.enum(['image', 'video']),
  inputs: z.record(z.string(), z.unknown()).describe('JSON Schema of `inputs`, with an example.'),
  options: z.record(z.string(), z.unknown()).describe('JSON Schema of `options`, the same for all models of a kind.'),
})
export type ModelSchema = z.infer<typeof ModelSchema>
