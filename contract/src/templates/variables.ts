import { z } from 'zod'

/** What a template calls one of its variables; prompts name it as `{{ name }}`. */
export const VariableName = z
  .string()
  .max(60)
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must begin with a letter and go on with letters, digits or "_"')

/** `#rgb`, `#rrggbb`, or either with an opacity. */
export const HEX_COLOR = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i
const Color = z.string().regex(HEX_COLOR, 'must be a colour such as "#1a2b3c"')

const common = {
  description: z.string().max(500).optional(),
  required: z.boolean().default(false).describe('A variable with a default need not be given all the same.'),
}
const characters = (most: number, usual: number) => ({
  minLength: z.int().min(0).max(most).optional(),
  maxLength: z.int().min(1).max(most).default(usual),
})

/** One thing that whoever uses a template may set, and within which limits. */
export const TemplateVariable = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('string'), ...common, ...characters(1000, 200), default: z.string().optional() }),
  z.strictObject({ type: z.literal('text'), ...common, ...characters(10_000, 2000), default: z.string().optional() }),
  z.strictObject({
    type: z.enum(['number', 'integer']),
    ...common,
    min: z.number().optional(),
    max: z.number().optional(),
    default: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('boolean'), ...common, default: z.boolean().optional() }),
  z.strictObject({ type: z.literal('color'), ...common, default: Color.optional() }),
  z.strictObject({
    type: z.enum(['url', 'image']).describe('An image is a URL, a data URL or an artifact.'),
    ...common,
    default: z.string().max(2000).optional(),
  }),
  z.strictObject({
    type: z.literal('enum'),
    ...common,
    options: z.array(z.string().min(1).max(200)).min(1).max(100),
    default: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('date'),
    ...common,
    min: z.iso.date().optional(),
    max: z.iso.date().optional(),
    default: z.iso.date().optional(),
  }),
])
export type TemplateVariable = z.infer<typeof TemplateVariable>
