import { Validation } from '@turnout/contract'
import { z } from 'zod'
import { EFFORTS } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { PictureField } from './picture.ts'
import { isZodSchema } from './schema.ts'
import { BOUND, OPTIONS, TARGET, type TargetFields, targetProblem } from './target.ts'

const JsonObject = z.custom<Record<string, unknown>>(isObject, 'must be an object')
const SchemaField = z.custom<z.core.$ZodType>(isZodSchema, 'must be a schema of zod 4')
const ParametersField = z.custom<z.core.$ZodType | Record<string, unknown>>(
  isObject,
  'must be a schema of zod 4 or a JSON Schema',
)

const UserPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({
    type: z.literal('image'),
    image: PictureField,
    detail: z.enum(['auto', 'low', 'high', 'original']).optional(),
  }),
])

const ToolCallField = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
  extraContent: JsonObject.optional(),
})

const MessageField = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.string() }),
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(UserPart).min(1)]) }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.string(),
    toolCalls: z.array(ToolCallField).optional(),
    extraContent: JsonObject.optional(),
  }),
  z.strictObject({ role: z.literal('tool'), callId: z.string().min(1), content: z.string() }),
])

const CONVERSATION = {
  prompt: z.string().min(1).optional(),
  messages: z.array(MessageField).min(1).optional(),
  system: z.string().optional(),
}

const SETTINGS = {
  ...OPTIONS,
  maxTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(16)]).optional(),
  seed: z.int().optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  reasoning: z.enum(EFFORTS).optional(),
}

const ToolField = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  parameters: ParametersField.optional(),
  strict: z.boolean().optional(),
})

const TOOLS = {
  commit: z.enum(['first', 'complete']).optional(),
  validate: Validation.optional(),
  tools: z.array(ToolField).optional(),
  toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: z.string().min(1) })]).optional(),
  parallelToolCalls: z.boolean().optional(),
  output: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('json') }),
      z.strictObject({
        type: z.literal('schema'),
        name: z.string().min(1),
        description: z.string().optional(),
        schema: JsonObject,
        strict: z.boolean().optional(),
      }),
    ])
    .optional(),
}

const OBJECT = {
  schema: SchemaField,
  schemaName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be of letters, digits, "_" and "-", 64 at most')
    .optional(),
  schemaDescription: z.string().optional(),
  strict: z.boolean().optional(),
}

/** Whatever a call for text may say. */
const FIELDS = { ...CONVERSATION, ...SETTINGS }
const AnyCall = z.strictObject({ ...TARGET, ...FIELDS, ...TOOLS })

export type GivenText = z.output<typeof AnyCall>
export type GivenMessage = z.output<typeof MessageField>

function checkTogether(fields: TargetFields) {
  return ({ value, issues }: z.core.ParsePayload<Partial<GivenText>>): void => {
    const report = (path: (string | number)[], message: string) =>
      issues.push({ code: 'custom', path, message, input: value })
    const target = targetProblem(value, fields)
    if (target) report([target.path], target.message)
    const { prompt, messages, tools = [], toolChoice } = value
    if (prompt === undefined && messages === undefined) {
      report(['prompt'], 'is required, unless messages take its place')
    } else if (prompt !== undefined && messages !== undefined) {
      report(['messages'], 'must not be given together with prompt')
    }
    const [twice] = tools.filter(({ name }, index) => tools.findIndex((tool) => tool.name === name) !== index)
    if (twice) report(['tools'], `must have different names: ${JSON.stringify(twice.name)} comes twice`)
    if (typeof toolChoice === 'object' && !tools.some(({ name }) => name === toolChoice.name)) {
      report(['toolChoice'], 'must name one of the tools')
    }
  }
}

const textSchema = (target: TargetFields) =>
  z.strictObject({ ...(target as typeof TARGET), ...FIELDS, ...TOOLS }).check(checkTogether(target))

const objectSchema = (target: TargetFields) =>
  z.strictObject({ ...(target as typeof TARGET), ...FIELDS, ...OBJECT }).check(checkTogether(target))

export const TEXT_SCHEMAS = {
  open: { text: textSchema(TARGET), object: objectSchema(TARGET) },
  bound: { text: textSchema(BOUND), object: objectSchema(BOUND) },
}
