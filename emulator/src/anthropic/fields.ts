import type { Shape, Shapes } from '../shape.ts'

const CACHE: Shape = {
  is: 'object',
  nullable: true,
  fields: {
    type: { is: 'string', required: true, values: ['ephemeral'] },
    ttl: { is: 'string', values: ['5m', '1h'] },
  },
}

const TEXT: Shapes = {
  text: { is: 'string', required: true, min: 1 },
  cache_control: CACHE,
  citations: { is: 'any', nullable: true },
}

const SOURCE: Shape = {
  is: 'tagged',
  required: true,
  by: 'type',
  of: {
    base64: {
      media_type: {
        is: 'string',
        required: true,
        values: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
      },
      data: { is: 'string', required: true },
    },
    url: { url: { is: 'string', required: true } },
    file: { file_id: { is: 'string', required: true } },
  },
}

const IMAGE: Shapes = { source: SOURCE, cache_control: CACHE }

const RESULT_CONTENT: Shape = {
  is: 'either',
  of: [{ is: 'string' }, { is: 'list', items: { is: 'tagged', by: 'type', of: { text: TEXT, image: IMAGE } } }],
}

const BLOCK: Shape = {
  is: 'tagged',
  by: 'type',
  of: {
    text: TEXT,
    image: IMAGE,
    document: {
      source: { is: 'object', required: true, open: true },
      title: { is: 'string', nullable: true },
      context: { is: 'string', nullable: true },
      citations: { is: 'any' },
      cache_control: CACHE,
    },
    tool_use: {
      id: { is: 'string', required: true, pattern: /^[a-zA-Z0-9_-]+$/ },
      name: { is: 'string', required: true, min: 1, max: 200 },
      input: { is: 'object', required: true, open: true },
      cache_control: CACHE,
      caller: { is: 'any' },
    },
    tool_result: {
      tool_use_id: { is: 'string', required: true, pattern: /^[a-zA-Z0-9_-]+$/ },
      content: RESULT_CONTENT,
      is_error: { is: 'boolean' },
      cache_control: CACHE,
    },
    thinking: {
      thinking: { is: 'string', required: true },
      signature: { is: 'string', required: true },
    },
    redacted_thinking: { data: { is: 'string', required: true } },
  },
}

const TOOL: Shapes = {
  type: { is: 'string', nullable: true, values: ['custom'] },
  name: { is: 'string', required: true, pattern: /^[a-zA-Z0-9_-]{1,128}$/ },
  description: { is: 'string' },
  input_schema: {
    is: 'object',
    required: true,
    open: true,
    fields: { type: { is: 'string', required: true, values: ['object'] } },
  },
  strict: { is: 'boolean' },
  cache_control: CACHE,
  input_examples: { is: 'list' },
  eager_input_streaming: { is: 'boolean', nullable: true },
}

const DISPLAY: Shape = { is: 'string', nullable: true, values: ['summarized', 'omitted'] }
const SERIAL: Shape = { is: 'boolean' }

/** Source: Claude API reference, Create a Message; @anthropic-ai/sdk 1.12.0, `MessageCreateParams`. */
const MESSAGE_FIELDS: Shapes = {
  model: { is: 'string', required: true, min: 1 },
  max_tokens: { is: 'integer', required: true, min: 1 },
  messages: {
    is: 'list',
    required: true,
    min: 1,
    max: 100_000,
    items: {
      is: 'object',
      fields: {
        role: { is: 'string', required: true, values: ['user', 'assistant'] },
        content: { is: 'either', required: true, of: [{ is: 'string' }, { is: 'list', items: BLOCK }] },
      },
    },
  },
  system: {
    is: 'either',
    of: [{ is: 'string' }, { is: 'list', items: { is: 'tagged', by: 'type', of: { text: TEXT } } }],
  },
  temperature: { is: 'number', min: 0, max: 1 },
  top_p: { is: 'number', min: 0, max: 1 },
  top_k: { is: 'integer', min: 0 },
  stop_sequences: { is: 'list', items: { is: 'string' } },
  stream: { is: 'boolean' },
  tools: { is: 'list', items: { is: 'object', fields: TOOL } },
  tool_choice: {
    is: 'tagged',
    by: 'type',
    of: {
      auto: { disable_parallel_tool_use: SERIAL },
      any: { disable_parallel_tool_use: SERIAL },
      none: {},
      tool: { name: { is: 'string', required: true }, disable_parallel_tool_use: SERIAL },
    },
  },
  thinking: {
    is: 'tagged',
    by: 'type',
    of: {
      enabled: { budget_tokens: { is: 'integer', required: true, min: 1024 }, display: DISPLAY },
      adaptive: { display: DISPLAY },
      disabled: {},
    },
  },
  output_config: {
    is: 'object',
    fields: {
      effort: { is: 'string', nullable: true, values: ['low', 'medium', 'high', 'xhigh', 'max'] },
      format: {
        is: 'object',
        nullable: true,
        fields: {
          type: { is: 'string', required: true, values: ['json_schema'] },
          schema: { is: 'object', required: true, open: true },
        },
      },
    },
  },
  metadata: { is: 'object', fields: { user_id: { is: 'string', nullable: true, max: 256 } } },
  service_tier: { is: 'string', values: ['auto', 'standard_only'] },
  cache_control: CACHE,
  inference_geo: { is: 'string', nullable: true },
}

/** The version of the API since which the sampling settings are unknown. Source: Claude API reference, Versions. */
export const WITHOUT_SAMPLING = '2026-10-21'

const { temperature: _temperature, top_p: _topP, top_k: _topK, ...REMAINING } = MESSAGE_FIELDS

/** The fields of a version. */
export function messageFields(version: unknown): Shapes {
  return version === WITHOUT_SAMPLING ? REMAINING : MESSAGE_FIELDS
}

/** What counting tokens takes: the same without what belongs to the answer. */
export const COUNT_FIELDS: Shapes = Object.fromEntries(
  ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'].map((key) => [
    key,
    MESSAGE_FIELDS[key] as Shape,
  ]),
)
