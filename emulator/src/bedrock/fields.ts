import type { Shape, Shapes } from '../shape.ts'

const DOCUMENT: Shape = { is: 'any', required: true }
const STRUCT: Shape = { is: 'object', open: true }
const TEXT: Shape = { is: 'string' }
const TOOL_NAME: Shape = { is: 'string', required: true, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }
const TOOL_USE_ID: Shape = { is: 'string', required: true, max: 64, pattern: /^[a-zA-Z0-9_.:-]+$/ }

const CACHE_POINT: Shape = {
  is: 'object',
  fields: { type: { is: 'string', required: true, values: ['default'] }, ttl: { is: 'string', values: ['5m', '1h'] } },
}

const IMAGE: Shape = {
  is: 'object',
  fields: {
    format: { is: 'string', required: true, values: ['png', 'jpeg', 'gif', 'webp'] },
    source: { is: 'union', required: true, of: { bytes: TEXT, s3Location: STRUCT } },
  },
}

const BLOCK: Shape = {
  is: 'union',
  of: {
    text: TEXT,
    image: IMAGE,
    document: STRUCT,
    video: STRUCT,
    toolUse: {
      is: 'object',
      fields: { toolUseId: TOOL_USE_ID, name: TOOL_NAME, input: DOCUMENT, type: TEXT },
    },
    toolResult: {
      is: 'object',
      fields: {
        toolUseId: TOOL_USE_ID,
        content: {
          is: 'list',
          required: true,
          items: {
            is: 'union',
            of: { json: { is: 'any' }, text: TEXT, image: IMAGE, document: STRUCT, video: STRUCT },
          },
        },
        status: { is: 'string', values: ['success', 'error'] },
        type: TEXT,
      },
    },
    reasoningContent: {
      is: 'union',
      of: {
        reasoningText: { is: 'object', fields: { text: { is: 'string', required: true }, signature: TEXT } },
        redactedContent: TEXT,
      },
    },
    guardContent: STRUCT,
    cachePoint: CACHE_POINT,
    citationsContent: STRUCT,
  },
}

/**
 * Unknown members are refused, which the service does for unions only; a client that sends one is wrong either way.
 * Source: botocore, service model of bedrock-runtime (2023-09-30), ConverseRequest.
 */
export const CONVERSE_FIELDS: Shapes = {
  messages: {
    is: 'list',
    required: true,
    items: {
      is: 'object',
      fields: {
        role: { is: 'string', required: true, values: ['user', 'assistant'] },
        content: { is: 'list', required: true, items: BLOCK },
      },
    },
  },
  system: {
    is: 'list',
    items: { is: 'union', of: { text: { is: 'string', min: 1 }, guardContent: STRUCT, cachePoint: CACHE_POINT } },
  },
  inferenceConfig: {
    is: 'object',
    fields: {
      maxTokens: { is: 'integer', min: 1 },
      temperature: { is: 'number', min: 0, max: 1 },
      topP: { is: 'number', min: 0, max: 1 },
      stopSequences: { is: 'list', max: 2500, items: { is: 'string', min: 1 } },
    },
  },
  toolConfig: {
    is: 'object',
    fields: {
      tools: {
        is: 'list',
        required: true,
        min: 1,
        items: {
          is: 'union',
          of: {
            toolSpec: {
              is: 'object',
              fields: {
                name: TOOL_NAME,
                description: { is: 'string', min: 1 },
                inputSchema: { is: 'union', required: true, of: { json: STRUCT } },
                strict: { is: 'boolean' },
              },
            },
            systemTool: STRUCT,
            cachePoint: CACHE_POINT,
          },
        },
      },
      toolChoice: {
        is: 'union',
        of: {
          auto: { is: 'object', fields: {} },
          any: { is: 'object', fields: {} },
          tool: { is: 'object', fields: { name: TOOL_NAME } },
        },
      },
    },
  },
  outputConfig: {
    is: 'object',
    fields: {
      textFormat: {
        is: 'object',
        fields: {
          type: { is: 'string', required: true, values: ['json_schema'] },
          structure: {
            is: 'union',
            required: true,
            of: {
              jsonSchema: {
                is: 'object',
                fields: { schema: { is: 'string', required: true }, name: TEXT, description: TEXT },
              },
            },
          },
        },
      },
      effort: TEXT,
    },
  },
  guardrailConfig: STRUCT,
  additionalModelRequestFields: STRUCT,
  additionalModelResponseFieldPaths: { is: 'list', items: TEXT },
  promptVariables: STRUCT,
  requestMetadata: { is: 'object', values: TEXT },
  performanceConfig: { is: 'object', fields: { latency: { is: 'string', values: ['standard', 'optimized'] } } },
  serviceTier: {
    is: 'object',
    fields: { type: { is: 'string', required: true, values: ['priority', 'default', 'flex', 'reserved'] } },
  },
}
