import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import type { JsonSchema } from '../../core/text.ts'

export const isZodSchema = (value: unknown): value is z.core.$ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value

/**
 * What a schema takes in, as a JSON Schema. Its objects are closed, because
 * models are: what nobody asked for is no answer.
 *
 * @throws TurnoutError invalid_input for a schema that no JSON Schema can tell
 */
export function toJsonSchema(schema: z.core.$ZodType, param: string): JsonSchema {
  try {
    const {
      $schema: _,
      '~standard': __,
      ...json
    } = z.toJSONSchema(schema, {
      io: 'input',
      override({ jsonSchema }) {
        if (jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false
      },
    }) as Record<string, unknown>
    return json
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TurnoutError('invalid_input', `${param} cannot be told as a JSON Schema: ${reason}`, {
      param,
      cause: error,
    })
  }
}
