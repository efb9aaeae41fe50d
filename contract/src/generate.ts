import { z } from 'zod'
import { ErrorCode } from './errors.ts'
import { Usage } from './usage.ts'

/** What every answer of the native API says of how it came about. */
export const Served = z.object({
  requestId: z.string(),
  model: z.string().describe('The model that answered.'),
  requestedModel: z.string().describe('The model that was asked for; differs when a retired one was replaced.'),
  provider: z.string(),
  attempts: z.int().positive(),
  usage: Usage,
  cost: z.string().nullable().describe('US dollars as a decimal string; null when it is not known.'),
  emulated: z.boolean(),
  warnings: z.array(z.string()).describe('Settings that were mapped or could not be used.'),
})
export type Served = z.infer<typeof Served>

export const GenerateText = z.strictObject({
  prompt: z.string().min(1),
  modelId: z.string().min(1),
  systemPrompt: z.string().optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().positive().optional(),
  stream: z.boolean().default(false).describe('Answer as Server-Sent Events of {content}, ended by [DONE].'),
})
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
  z.object({ content: z.string() }),
  Served.extend({ content: z.literal(''), finishReason: FinishReason, rawFinishReason: z.string().nullable() }),
  z.object({ error: z.object({ code: ErrorCode, message: z.string(), requestId: z.string() }) }),
])
export type TextEvent = z.infer<typeof TextEvent>

export const GenerateImage = z.strictObject({
  prompt: z.string().min(1),
  modelId: z.string().min(1),
  negativePrompt: z.string().min(1).optional(),
  width: z.int().min(64).max(8192).optional(),
  height: z.int().min(64).max(8192).optional(),
  guidanceScale: z.number().min(0).max(100).optional(),
  steps: z.int().min(1).max(500).optional(),
  count: z.int().min(1).max(10).default(1),
  seed: z.int().min(0).max(4294967295).optional(),
})
export type GenerateImage = z.infer<typeof GenerateImage>

export const GeneratedImage = Served.extend({
  images: z.array(
    z.object({
      base64: z.string().optional(),
      url: z.string().optional(),
      mediaType: z.string(),
      revisedPrompt: z.string().optional(),
    }),
  ),
  mapped: z
    .array(z.object({ setting: z.string(), asked: z.unknown(), used: z.unknown(), reason: z.string() }))
    .describe('Settings that the model takes in another form, and what was sent instead.'),
})
export type GeneratedImage = z.infer<typeof GeneratedImage>
