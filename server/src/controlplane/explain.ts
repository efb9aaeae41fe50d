import { success } from '@turnout/contract'
import { z } from 'zod'

/** What a `GET` on a route that takes a body answers: how to call it. */
const Explanation = z.object({
  method: z.string(),
  path: z.string(),
  description: z.string(),
  role: z.string().describe('The role that the key needs, at least.'),
  fields: z.array(
    z.object({
      name: z.string(),
      required: z.boolean(),
      schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the field.'),
    }),
  ),
  examples: z.array(z.object({ title: z.string(), body: z.record(z.string(), z.unknown()) })),
})
type Explanation = z.infer<typeof Explanation>

/** The answer's schema. */
export const Explained = success(Explanation)

/** The explanation of a route whose body has the given schema. */
export function explain(body: z.ZodObject, rest: Omit<Explanation, 'fields'>): Explanation {
  const { properties = {}, required = [] } = z.toJSONSchema(body, { io: 'input' })
  const fields = Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema: schema as Record<string, unknown>,
  }))
  return { ...rest, fields }
}
