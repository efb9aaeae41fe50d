import { z } from 'zod'
import { GenerateImage } from '../generate.ts'
import { EndUser } from './end-user.ts'
import { CacheExtension } from './extension.ts'

const common = {
  model: z.string().min(1),
  prompt: z.string().min(1),
  n: z.int().min(1).max(10).nullish(),
  size: z
    .string()
    .regex(/^(auto|\d{2,5}x\d{2,5})$/, 'must be "auto" or WIDTHxHEIGHT')
    .nullish(),
  quality: z.string().nullish(),
  style: z.string().nullish(),
  background: z.enum(['transparent', 'opaque', 'auto']).nullish(),
  output_format: z.string().nullish(),
  output_compression: z.int().min(0).max(100).nullish(),
  response_format: z.enum(['url', 'b64_json']).nullish(),
  stream: z.boolean().nullish(),
  partial_images: z.int().min(0).max(3).nullish(),
  user: EndUser.nullish(),
}

/** `POST /v1/images/generations`, as OpenAI documents it. */
export const ImagesRequest = z.looseObject({
  ...common,
  moderation: z.enum(['low', 'auto']).nullish(),
  turnout: CacheExtension.optional(),
})
export type ImagesRequest = z.infer<typeof ImagesRequest>

/** `POST /v1/images/edits` as JSON; as multipart the pictures are file parts named `image`, `image[]` and `mask`. */
export const ImageEditsRequest = z.looseObject({
  ...common,
  images: z
    .array(z.looseObject({ image_url: z.string().optional(), file_id: z.string().optional() }))
    .min(1)
    .max(16)
    .optional(),
  mask: z.looseObject({ image_url: z.string().optional(), file_id: z.string().optional() }).nullish(),
  input_fidelity: z.enum(['low', 'high']).nullish(),
  turnout: CacheExtension.optional(),
})
export type ImageEditsRequest = z.infer<typeof ImageEditsRequest>

/**
 * Settings that OpenAI's API has no word for, in the way in which its dialect
 * would write them. Models whose provider does not speak the dialect take them
 * as the native API does; to all others they go on as they came.
 */
const { negativePrompt, seed, guidanceScale, steps, aspectRatio, strength, loras } = GenerateImage.shape
export const ImageExtras = z.object({
  negative_prompt: negativePrompt.nullable(),
  seed: seed.nullable(),
  guidance_scale: guidanceScale.nullable(),
  steps: steps.nullable(),
  num_inference_steps: steps.nullable(),
  aspect_ratio: aspectRatio.nullable(),
  strength: strength.nullable(),
  loras: loras.nullable(),
})
export type ImageExtras = z.infer<typeof ImageExtras>
