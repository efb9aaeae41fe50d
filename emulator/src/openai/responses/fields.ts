import type { Field, Fields } from '../validate.ts'

const STRING: Field = { kind: 'string', nullable: true }
const TYPE: Field = { kind: 'string', required: true }

/** Top-level fields of `POST /responses` (schema CreateResponse) that the emulator knows. */
export const RESPONSE_FIELDS: Fields = {
  model: { kind: 'string', required: true },
  input: { kind: 'either', required: true, of: [{ kind: 'string' }, { kind: 'array', items: { kind: 'object' } }] },
  instructions: STRING,
  max_output_tokens: { kind: 'integer', nullable: true, min: 16 },
  metadata: { kind: 'object', nullable: true, values: { kind: 'string', max: 512 } },
  parallel_tool_calls: { kind: 'boolean', nullable: true },
  prompt_cache_key: STRING,
  prompt_cache_retention: { kind: 'string', nullable: true, values: ['in_memory', '24h'] },
  reasoning: {
    kind: 'object',
    nullable: true,
    fields: {
      effort: {
        kind: 'string',
        nullable: true,
        values: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
      },
      summary: { kind: 'string', nullable: true, values: ['auto', 'concise', 'detailed'] },
    },
  },
  include: {
    kind: 'array',
    nullable: true,
    items: { kind: 'string', values: ['reasoning.encrypted_content', 'message.input_image.image_url'] },
  },
  safety_identifier: { kind: 'string', nullable: true, max: 64 },
  service_tier: { kind: 'string', nullable: true, values: ['auto', 'default', 'flex', 'scale', 'priority', 'fast'] },
  store: { kind: 'boolean', nullable: true },
  stream: { kind: 'boolean', nullable: true },
  stream_options: { kind: 'object', nullable: true, fields: { include_obfuscation: { kind: 'boolean' } } },
  temperature: { kind: 'number', nullable: true, min: 0, max: 2 },
  text: {
    kind: 'object',
    fields: {
      format: { kind: 'object' },
      verbosity: { kind: 'string', nullable: true, values: ['low', 'medium', 'high'] },
    },
  },
  tool_choice: { kind: 'either', of: [{ kind: 'string' }, { kind: 'object' }] },
  tools: { kind: 'array', items: { kind: 'object' } },
  top_p: { kind: 'number', nullable: true, min: 0, max: 1 },
  truncation: { kind: 'string', nullable: true, values: ['auto', 'disabled'] },
  user: { kind: 'string' },
}

/** Other than in chat, a function's fields stand beside its type. */
export const FUNCTION_FIELDS: Fields = {
  type: TYPE,
  name: { kind: 'string', required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ },
  description: STRING,
  parameters: { kind: 'object', nullable: true },
  strict: { kind: 'boolean', nullable: true },
}

export const FORMAT_FIELDS: Readonly<Record<string, Fields>> = {
  text: { type: TYPE },
  json_object: { type: TYPE },
  json_schema: {
    type: TYPE,
    name: { kind: 'string', required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ },
    description: { kind: 'string' },
    schema: { kind: 'object', required: true },
    strict: { kind: 'boolean', nullable: true },
  },
}

const ITEM = { type: TYPE, id: STRING, status: STRING } as const

/** Items of the input by their type; a message may leave its type out. */
export const ITEM_FIELDS: Readonly<Record<string, Fields>> = {
  message: {
    type: { kind: 'string' },
    id: STRING,
    status: STRING,
    phase: STRING,
    role: { kind: 'string', required: true, values: ['user', 'assistant', 'system', 'developer'] },
    content: {
      kind: 'either',
      required: true,
      of: [{ kind: 'string' }, { kind: 'array', items: { kind: 'object' } }],
    },
  },
  function_call: {
    ...ITEM,
    call_id: { kind: 'string', required: true, min: 1, max: 64 },
    name: { kind: 'string', required: true },
    arguments: { kind: 'string', required: true },
  },
  function_call_output: {
    ...ITEM,
    call_id: { kind: 'string', required: true, min: 1, max: 64 },
    output: { kind: 'either', required: true, of: [{ kind: 'string' }, { kind: 'array', items: { kind: 'object' } }] },
  },
  reasoning: {
    ...ITEM,
    summary: { kind: 'array', required: true },
    content: { kind: 'array', nullable: true },
    encrypted_content: STRING,
  },
}

/** Parts of a message's content by their type. */
export const PART_FIELDS: Readonly<Record<string, Fields>> = {
  input_text: { type: TYPE, text: { kind: 'string', required: true } },
  input_image: {
    type: TYPE,
    image_url: STRING,
    file_id: STRING,
    detail: { kind: 'string', nullable: true, values: ['low', 'high', 'auto', 'original'] },
  },
  output_text: {
    type: TYPE,
    text: { kind: 'string', required: true },
    annotations: { kind: 'array' },
    logprobs: { kind: 'array' },
  },
  refusal: { type: TYPE, refusal: { kind: 'string', required: true } },
}
