import { z } from 'zod'

export const ENHANCE_MODALITIES = ['text', 'image', 'video'] as const

export const EnhancePrompt = z.strictObject({
  prompt: z.string().min(1).max(20_000),
  modality: z.enum(ENHANCE_MODALITIES).default('image').describe('What the prompt is for.'),
  style: z.string().min(1).max(500).optional().describe('Such as "watercolour" or "product photography".'),
})
export type EnhancePrompt = z.infer<typeof EnhancePrompt>

export const EnhancedPrompt = z.object({
  prompt: z.string().describe('The enhanced prompt; the original where the enhancer failed.'),
  original: z.string(),
  modality: z.enum(ENHANCE_MODALITIES),
  enhanced: z.boolean().describe('False: the enhancer failed, and `warnings` says why.'),
  model: z.string().nullable().describe('Who wrote it.'),
  cost: z.string().nullable().describe('US dollars as a decimal string; null when it is not known.'),
  warnings: z.array(z.string()),
})
export type EnhancedPrompt = z.infer<typeof EnhancedPrompt>
