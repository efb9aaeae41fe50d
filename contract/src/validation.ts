import { z } from 'zod'

/** What an answer is held against. An answer is judged by all of these that apply, in this order. */
export const VALIDATION_RULES = ['empty', 'structure', 'field', 'length', 'pattern', 'validator'] as const
export const ValidationRule = z.enum(VALIDATION_RULES)
export type ValidationRule = z.infer<typeof ValidationRule>

/** A place in a JSON answer. */
export const FieldPath = z
  .string()
  .max(300)
  .regex(
    /^(?:[^.[\]]+|\[\d*\])(?:\.[^.[\]]+|\[\d*\])*$/,
    'must be a path such as title, hero.title, sections[0].heading or items[].price',
  )

/** What becomes of an answer that a validator could not judge, because it is down or answers nonsense. */
export const ON_VALIDATOR_ERROR = ['fail', 'pass'] as const

/** A model that judges the answers of others. */
export const Validator = z.strictObject({
  model: z.string().min(1).max(300).default('role:validator').describe('Who judges: a model, pool:NAME or role:NAME.'),
  instruction: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe('What the answer must fulfil. Without it: that it does what the conversation asks for.'),
  conversation: z
    .boolean()
    .default(true)
    .describe('Whether the validator gets to see the conversation too, without its pictures.'),
  onError: z
    .enum(ON_VALIDATOR_ERROR)
    .default('fail')
    .describe(
      'When nobody could judge: fail refuses the answer without asking for another one, pass lets it through with a warning.',
    ),
  timeoutMs: z.int().min(100).max(600_000).default(30_000).describe('For each attempt of the validator.'),
})
export type Validator = z.infer<typeof Validator>

/** When a streamed answer is judged. */
export const ValidationTime = z.enum(['before', 'after'])
export type ValidationTime = z.infer<typeof ValidationTime>

/** What a text answer must fulfil; a pool, a role and a request may each have such rules, and all of them hold. */
export const Validation = z
  .strictObject({
    schema: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('JSON Schema that the answer, which must be JSON then, is held against.'),
    required: z
      .array(FieldPath)
      .min(1)
      .max(100)
      .optional()
      .describe('Fields that the JSON answer must have and that must not be null; [] is every entry of a list.'),
    minLength: z.int().min(1).max(10_000_000).optional().describe('Least number of characters.'),
    maxLength: z.int().min(1).max(10_000_000).optional().describe('Greatest number of characters.'),
    pattern: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        'Regular expression that the answer must match somewhere. One whose matching may take without end is refused.',
      ),
    validator: Validator.optional().describe('A model as validator; {} is the role validator.'),
    when: ValidationTime.optional().describe(
      'For streams, and needed there: before holds the answer until it has passed, after sends it as it comes and tells the verdict at its end. before wins over after.',
    ),
  })
  .refine(({ minLength = 0, maxLength = minLength }) => minLength <= maxLength, {
    path: ['maxLength'],
    error: 'must not be less than minLength',
  })
export type Validation = z.infer<typeof Validation>

/** What came of a validation. */
export const ValidationVerdict = z.object({
  passed: z.boolean(),
  failures: z.array(z.object({ rule: ValidationRule, reason: z.string() })),
})
export type ValidationVerdict = z.infer<typeof ValidationVerdict>
