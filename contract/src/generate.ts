import { z } from 'zod'
import { CacheWish } from './caching.ts'
import { ErrorCode } from './errors.ts'
import { Hedged, RouteName, SessionId } from './routing.ts'
import { StreamRule, Switched } from './streaming.ts'
import { Usage } from './usage.ts'
import { Validation, ValidationVerdict } from './validation.ts'

/** What every answer of the native API says of how it came about. */
export const Served = z.object({
  requestId: z.string(),
  model: z.string().describe('The model that answered.'),
  requestedModel: z
    .string()
    .describe('What was asked for; differs when a retired model was replaced, or when it was a pool or a role.'),
  provider: z.string(),
  attempts: z.int().nonnegative().describe('0 where the answer had been made for the same request before.'),
  fallbacks: z.int().nonnegative().optional().describe('Of a pool or role: how many members had failed before.'),
  hedged: Hedged.optional().describe(
    'Where a second member of a pool was asked because the first was slow: whether the answer is its own.',
  ),
  experiment: z.string().optional().describe('That the request took part in.'),
  variant: z.string().optional().describe('The variant of the experiment that it was given.'),
  usage: Usage,
  cost: z.string().nullable().describe('US dollars as a decimal string; null when it is not known.'),
  emulated: z.boolean(),
  cached: z
    .boolean()
    .optional()
    .describe('Whether it was made for the same request before; absent where no cache is in use.'),
  warnings: z.array(z.string()).describe('Settings that were mapped or could not be used.'),
})
export type Served = z.infer<typeof Served>

/** Where a request goes. */
const target = {
  modelId: z.string().min(1).optional().describe('A model, or pool:NAME.'),
  role: RouteName.optional().describe('Instead of modelId: whoever has this job.'),
  productType: RouteName.optional().describe('What it is for; a role may have a pool of its own for it.'),
  session: SessionId.optional().describe(
    'Requests of one session go to the same member of a pool as long as it is well. The header x-turnout-session says the same.',
  ),
  user: z.string().min(1).max(300).optional().describe('The end user; the owner of the key unless given.'),
  cache: CacheWish.optional(),
}

const hasOneTarget = ({ modelId, role }: { modelId?: unknown; role?: unknown }): boolean =>
  (modelId === undefined) !== (role === undefined)

/** It is told together with whatever else is wrong. */
const ONE_TARGET = {
  path: ['modelId'],
  error: 'is required, unless role takes its place',
  when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null,
}

export const GenerateText = z
  .strictObject({
    prompt: z.string().min(1),
    ...target,
    systemPrompt: z.string().optional(),
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().positive().optional(),
    stream: z
      .union([z.boolean(), StreamRule])
      .default(false)
      .describe('Answer as Server-Sent Events of {content}, ended by [DONE]; an object says how.'),
    validate: Validation.optional().describe('What the answer must fulfil besides what its pool and its role ask for.'),
  })
  .refine(hasOneTarget, ONE_TARGET)
export type GenerateText = z.infer<typeof GenerateText>

/** DESIGN's finish reasons; the provider's own word stands beside it. */
export const FINISH_REASONS = ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'] as const
export const FinishReason = z.enum(FINISH_REASONS)
export type FinishReason = z.infer<typeof FinishReason>

export const GeneratedText = Served.extend({
  content: z.string(),
  finishReason: FinishReason,
  rawFinishReason: z.string().nullable(),
})
export type GeneratedText = z.infer<typeof GeneratedText>

/** One Server-Sent Event of a streamed text; the last one before `[DONE]` carries the summary. */
export const TextEvent = z.union([
  z.object({
    content: z.string(),
    switched: Switched.optional().describe('From here on another model goes on with an answer that broke off.'),
  }),
  Served.extend({
    content: z.literal(''),
    finishReason: FinishReason,
    rawFinishReason: z.string().nullable(),
    validation: ValidationVerdict.optional().describe('Of a stream that is judged at its end.'),
  }),
  z.object({ error: z.object({ code: ErrorCode, message: z.string(), requestId: z.string() }) }),
])
export type TextEvent = z.infer<typeof TextEvent>

/** Where a picture of a request stands. */
const PictureUrl = z.string().min(1).describe('An http or https URL, or a data URL with base64.')

export const GenerateImage = z
  .strictObject({
    prompt: z.string().min(1),
    ...target,
    negativePrompt: z.string().min(1).optional(),
    width: z.int().min(64).max(8192).optional(),
    height: z.int().min(64).max(8192).optional(),
    aspectRatio: z
      .string()
      .regex(/^[1-9]\d{0,3}:[1-9]\d{0,3}$/, 'must be WIDTH:HEIGHT, such as 16:9')
      .optional()
      .describe('Instead of width and height, such as 16:9.'),
    guidanceScale: z.number().min(0).max(100).optional(),
    steps: z.int().min(1).max(500).optional(),
    count: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe(
        'Made by several calls where the model makes fewer at once. What was made is answered though some fail.',
      ),
    seed: z.int().min(0).max(4294967295).optional(),
    images: z.array(PictureUrl).min(1).max(16).optional().describe('Pictures to start from or to refer to.'),
    mask: PictureUrl.optional().describe('Where the first picture is to be painted anew.'),
    strength: z.number().min(0).max(1).optional().describe('How far to depart from the first picture: 0 keeps it.'),
    loras: z
      .array(z.strictObject({ path: z.string().min(1), scale: z.number().min(-10).max(10).optional() }))
      .max(20)
      .optional(),
    style: z.string().min(1).max(200).optional(),
    quality: z.string().min(1).max(50).optional(),
    background: z.enum(['transparent', 'opaque', 'auto']).optional(),
    outputFormat: z.enum(['png', 'jpeg', 'webp', 'svg', 'gif']).optional(),
    inputs: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Settings in the provider's own words, checked against the inputs of the model's record."),
  })
  .refine(hasOneTarget, ONE_TARGET)
export type GenerateImage = z.infer<typeof GenerateImage>

export const GeneratedImage = Served.extend({
  images: z.array(
    z.object({
      base64: z.string().optional(),
      url: z.string().optional().describe("The provider's own address, only where the picture could not be fetched."),
      mediaType: z.string(),
      revisedPrompt: z.string().optional(),
      seed: z.int().optional().describe('The seed it was made with, where the provider tells.'),
    }),
  ),
  mapped: z
    .array(z.object({ setting: z.string(), asked: z.unknown(), used: z.unknown(), reason: z.string() }))
    .describe('Settings that the model takes in another form, and what was sent instead.'),
})
export type GeneratedImage = z.infer<typeof GeneratedImage>
