import { ErrorCode, OpenAIVideo } from '@turnout/contract'
import { z } from 'zod'

/** What a failing `/v1` route answers: OpenAI's shape, with our own fields after its. */
export const OpenAIFailure = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: ErrorCode,
    provider: z.string().optional(),
    upstream_code: z.string().optional(),
    upstream_request_id: z.string().optional(),
    request_id: z.string(),
  }),
})

const TokenUsage = z.looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })

export const ChatCompletion = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int().describe('Seconds since 1970.'),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable() }),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: TokenUsage.optional(),
})

export const ChatCompletionChunk = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.looseObject({ index: z.int(), delta: z.looseObject({}), finish_reason: z.string().nullable().optional() }),
  ),
  usage: TokenUsage.nullish(),
})

export const EmbeddingList = z.looseObject({
  object: z.literal('list'),
  model: z.string(),
  data: z.array(
    z.looseObject({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]).describe('Numbers, or base64 of 32-bit floats.'),
    }),
  ),
  usage: z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() }).optional(),
})

export const ImageList = z.looseObject({
  created: z.int(),
  data: z.array(
    z.looseObject({
      b64_json: z.string().optional(),
      url: z.string().optional(),
      revised_prompt: z.string().optional(),
    }),
  ),
})

export const ImageEvent = z
  .looseObject({ type: z.string(), b64_json: z.string().optional() })
  .describe('A preview (partial_image) or the finished picture (completed).')

export const OpenAIModel = z.looseObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})

export const OpenAIModelList = z.looseObject({ object: z.literal('list'), data: z.array(OpenAIModel) })

export const VideoList = z.object({
  object: z.literal('list'),
  data: z.array(OpenAIVideo),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
})

export const VideoDeleted = z.object({ id: z.string(), object: z.literal('video.deleted'), deleted: z.literal(true) })
