import { z } from 'zod'
import { EndUser } from './end-user.ts'
import { TurnoutExtension } from './extension.ts'

const TextPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const ImagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high', 'original']).optional() }),
})
const AudioPart = z.looseObject({ type: z.literal('input_audio'), input_audio: z.looseObject({}) })
const FilePart = z.looseObject({ type: z.literal('file'), file: z.looseObject({}) })
const RefusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() })

const Text = z.union([z.string(), z.array(TextPart).min(1)])

const ToolCall = z.looseObject({ id: z.string(), type: z.enum(['function', 'custom']) })

/** One message of a conversation, in OpenAI's shape. */
export const ChatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('developer'), content: Text }),
  z.looseObject({ role: z.literal('system'), content: Text }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([
      z.string(),
      z.array(z.discriminatedUnion('type', [TextPart, ImagePart, AudioPart, FilePart])).min(1),
    ]),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [TextPart, RefusalPart])).min(1)]).nullish(),
    tool_calls: z.array(ToolCall).optional(),
  }),
  z.looseObject({ role: z.literal('tool'), content: Text, tool_call_id: z.string() }),
  z.looseObject({ role: z.literal('function'), content: z.string().nullable(), name: z.string() }),
])
export type ChatMessage = z.infer<typeof ChatMessage>

const Tool = z.union([
  z.looseObject({
    type: z.literal('function'),
    function: z.looseObject({
      name: z.string().min(1),
      description: z.string().optional(),
      parameters: z.looseObject({}).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
  z.looseObject({ type: z.literal('custom'), custom: z.looseObject({ name: z.string().min(1) }) }),
])

const ResponseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().min(1),
      schema: z.looseObject({}).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
])

/**
 * `POST /v1/chat/completions`, as OpenAI documents it. Fields that are not
 * named here are passed on as they are, and the upstream decides.
 */
export const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(ChatMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(Tool).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: ResponseFormat.nullish(),
  reasoning_effort: z.string().nullish(),
  user: EndUser.nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  turnout: TurnoutExtension.optional(),
})
export type ChatRequest = z.infer<typeof ChatRequest>
