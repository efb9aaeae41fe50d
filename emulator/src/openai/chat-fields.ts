import type { Field, Fields } from './validate.ts'

const NAME: Field = { kind: 'string', required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }

const breakpoint: Field = {
  kind: 'object',
  fields: { mode: { kind: 'string', values: ['explicit'], required: true } },
}

/** Top-level fields of `POST /chat/completions` (schema CreateChatCompletionRequest). */
export const CHAT_FIELDS: Fields = {
  model: { kind: 'string', required: true },
  messages: { kind: 'array', required: true, min: 1, items: { kind: 'object' } },
  audio: { kind: 'object', nullable: true },
  frequency_penalty: { kind: 'number', nullable: true, min: -2, max: 2 },
  function_call: { kind: 'any' },
  functions: { kind: 'array', min: 1, max: 128 },
  logit_bias: { kind: 'object', nullable: true, values: { kind: 'integer', min: -100, max: 100 } },
  logprobs: { kind: 'boolean', nullable: true },
  max_completion_tokens: { kind: 'integer', nullable: true, min: 1 },
  max_tokens: { kind: 'integer', nullable: true, min: 1 },
  metadata: { kind: 'object', nullable: true, values: { kind: 'string', max: 512 } },
  modalities: { kind: 'array', nullable: true, min: 1, items: { kind: 'string', values: ['text', 'audio'] } },
  moderation: { kind: 'object', nullable: true },
  n: { kind: 'integer', nullable: true, min: 1, max: 128 },
  parallel_tool_calls: { kind: 'boolean' },
  prediction: { kind: 'object', nullable: true },
  presence_penalty: { kind: 'number', nullable: true, min: -2, max: 2 },
  prompt_cache_key: { kind: 'string', nullable: true },
  prompt_cache_options: {
    kind: 'object',
    fields: {
      ttl: { kind: 'string', values: ['30m'] },
      mode: { kind: 'string', values: ['implicit', 'explicit'] },
    },
  },
  prompt_cache_retention: { kind: 'string', nullable: true, values: ['in_memory', '24h'] },
  reasoning_effort: {
    kind: 'string',
    nullable: true,
    values: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  },
  response_format: { kind: 'object' },
  safety_identifier: { kind: 'string', nullable: true, max: 64 },
  seed: { kind: 'integer', nullable: true },
  service_tier: {
    kind: 'string',
    nullable: true,
    values: ['auto', 'default', 'flex', 'scale', 'priority', 'fast'],
  },
  stop: {
    kind: 'either',
    nullable: true,
    of: [{ kind: 'string' }, { kind: 'array', min: 1, max: 4, items: { kind: 'string' } }],
  },
  store: { kind: 'boolean', nullable: true },
  stream: { kind: 'boolean', nullable: true },
  stream_options: {
    kind: 'object',
    nullable: true,
    fields: { include_usage: { kind: 'boolean' }, include_obfuscation: { kind: 'boolean' } },
  },
  temperature: { kind: 'number', nullable: true, min: 0, max: 2 },
  tool_choice: { kind: 'either', of: [{ kind: 'string' }, { kind: 'object' }] },
  tools: { kind: 'array', min: 1, max: 128, items: { kind: 'object' } },
  top_logprobs: { kind: 'integer', nullable: true, min: 0, max: 20 },
  top_p: { kind: 'number', nullable: true, min: 0, max: 1 },
  user: { kind: 'string' },
  verbosity: { kind: 'string', nullable: true, values: ['low', 'medium', 'high'] },
  web_search_options: { kind: 'object' },
}

/**
 * Fields that the real API takes and this emulator does not: it says so with a
 * 400 rather than ignore them.
 */
export const NOT_EMULATED = [
  'audio',
  'function_call',
  'functions',
  'logprobs',
  'moderation',
  'prediction',
  'top_logprobs',
  'web_search_options',
] as const

/** Sampling fields that a reasoning model takes only with their default value, unless it does not reason. */
export const SAMPLING_DEFAULTS: Readonly<Record<string, number>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

const text: Fields = {
  type: { kind: 'string', required: true },
  text: { kind: 'string', required: true },
  prompt_cache_breakpoint: breakpoint,
}

/** Content parts by their type. */
export const PARTS: Readonly<Record<string, Fields>> = {
  text,
  refusal: { type: { kind: 'string', required: true }, refusal: { kind: 'string', required: true } },
  image_url: {
    type: { kind: 'string', required: true },
    image_url: {
      kind: 'object',
      required: true,
      fields: {
        url: { kind: 'string', required: true },
        detail: { kind: 'string', values: ['low', 'high', 'auto'] },
      },
    },
    prompt_cache_breakpoint: breakpoint,
  },
  file: {
    type: { kind: 'string', required: true },
    file: {
      kind: 'object',
      required: true,
      fields: { filename: { kind: 'string' }, file_data: { kind: 'string' }, file_id: { kind: 'string' } },
    },
    prompt_cache_breakpoint: breakpoint,
  },
  input_audio: {
    type: { kind: 'string', required: true },
    input_audio: {
      kind: 'object',
      required: true,
      fields: {
        data: { kind: 'string', required: true },
        format: { kind: 'string', required: true, values: ['wav', 'mp3'] },
      },
    },
    prompt_cache_breakpoint: breakpoint,
  },
}

const content: Field = { kind: 'either', required: true, of: [{ kind: 'string' }, { kind: 'array', min: 1 }] }
const role: Field = { kind: 'string', required: true }
const named: Fields = { role, content, name: { kind: 'string', min: 1 } }

const toolCall: Field = {
  kind: 'object',
  fields: {
    id: { kind: 'string', required: true },
    type: { kind: 'string', required: true, values: ['function'] },
    function: {
      kind: 'object',
      required: true,
      fields: { name: NAME, arguments: { kind: 'string', required: true } },
    },
  },
}

/** Messages by role: their fields and the content parts that they take. */
export const ROLES: Readonly<Record<string, { fields: Fields; parts: readonly string[] }>> = {
  system: { fields: named, parts: ['text'] },
  developer: { fields: named, parts: ['text'] },
  user: { fields: named, parts: ['text', 'image_url', 'input_audio', 'file'] },
  assistant: {
    fields: {
      role,
      content: { kind: 'either', nullable: true, of: [{ kind: 'string' }, { kind: 'array', min: 1 }] },
      name: { kind: 'string', min: 1 },
      refusal: { kind: 'string', nullable: true },
      // The API returns annotations and takes its own message back.
      annotations: { kind: 'array', nullable: true },
      audio: { kind: 'object', nullable: true },
      tool_calls: { kind: 'array', min: 1, items: toolCall },
    },
    parts: ['text', 'refusal'],
  },
  tool: { fields: { role, content, tool_call_id: { kind: 'string', required: true } }, parts: ['text'] },
}

/** One function tool (schema ChatCompletionTool). */
export const TOOL_FIELDS: Fields = {
  type: { kind: 'string', required: true },
  function: {
    kind: 'object',
    required: true,
    fields: {
      name: NAME,
      description: { kind: 'string' },
      parameters: { kind: 'object' },
      strict: { kind: 'boolean', nullable: true },
    },
  },
}

/** `response_format` by its type. */
export const FORMATS: Readonly<Record<string, Fields>> = {
  text: { type: { kind: 'string' } },
  json_object: { type: { kind: 'string' } },
  json_schema: {
    type: { kind: 'string' },
    json_schema: {
      kind: 'object',
      required: true,
      fields: {
        name: NAME,
        description: { kind: 'string' },
        schema: { kind: 'object' },
        strict: { kind: 'boolean', nullable: true },
      },
    },
  },
}

/** A `tool_choice` that names its function (schema ChatCompletionNamedToolChoice). */
export const NAMED_CHOICE: Fields = {
  type: { kind: 'string', required: true, values: ['function'] },
  function: { kind: 'object', required: true, fields: { name: { kind: 'string', required: true } } },
}
