import { z } from 'zod'
import { EndUser } from './end-user.ts'
import { CacheExtension } from './extension.ts'

/** `POST /v1/embeddings`, as OpenAI documents it. */
export const EmbeddingsRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(2048),
    z.array(z.int().nonnegative()).min(1),
    z.array(z.array(z.int().nonnegative()).min(1)).min(1).max(2048),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().positive().nullish(),
  user: EndUser.nullish(),
  turnout: CacheExtension.optional(),
})
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>
