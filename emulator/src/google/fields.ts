import type { Shape, Shapes } from '../shape.ts'

const STRUCT: Shape = { is: 'object', open: true }
const TEXT: Shape = { is: 'string' }
const MIME: Shape = { is: 'string', required: true, min: 1 }

/** Exactly one kind of data per part. Source: generativelanguage v1beta, message Part. */
const PART: Shape = {
  is: 'union',
  of: {
    text: TEXT,
    inlineData: {
      is: 'object',
      fields: { mimeType: MIME, data: { is: 'string', required: true }, displayName: TEXT },
    },
    fileData: { is: 'object', fields: { mimeType: TEXT, fileUri: MIME } },
    functionCall: { is: 'object', fields: { id: TEXT, name: { is: 'string', required: true, min: 1 }, args: STRUCT } },
    functionResponse: {
      is: 'object',
      fields: {
        id: TEXT,
        name: { is: 'string', required: true, min: 1 },
        response: { ...STRUCT, required: true },
        parts: { is: 'list' },
        willContinue: { is: 'boolean' },
        scheduling: TEXT,
      },
    },
    executableCode: STRUCT,
    codeExecutionResult: STRUCT,
  },
  beside: {
    thought: { is: 'boolean' },
    thoughtSignature: TEXT,
    videoMetadata: STRUCT,
    partMetadata: STRUCT,
    mediaResolution: STRUCT,
  },
}

export const CONTENT: Shapes = { role: TEXT, parts: { is: 'list', items: PART } }

const INT: Shape = { is: 'integer' }
const FLOAT: Shape = { is: 'number' }

/** The subset of JSON Schema that `responseSchema` and `parameters` take. Source: the same, message Schema. */
const SCHEMA_KEYS = [
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'items',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
] as const

const ANY: Shape = { is: 'any' }

/** Built once and closed over itself: schemas hold schemas. */
const SCHEMA_FIELDS: Record<string, Shape> = Object.fromEntries(SCHEMA_KEYS.map((key) => [key, ANY]))
const SCHEMA: Shape = { is: 'object', fields: SCHEMA_FIELDS }
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']
Object.assign(SCHEMA_FIELDS, {
  type: { is: 'string', values: [...TYPES.map((name) => name.toUpperCase()), ...TYPES] },
  items: SCHEMA,
  properties: { is: 'object', values: SCHEMA },
  anyOf: { is: 'list', items: SCHEMA },
  required: { is: 'list', items: TEXT },
  enum: { is: 'list', items: TEXT },
} satisfies Shapes)

const DECLARATION: Shapes = {
  name: { is: 'string', required: true, pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/ },
  description: TEXT,
  parameters: SCHEMA,
  parametersJsonSchema: ANY,
  response: SCHEMA,
  responseJsonSchema: ANY,
  behavior: TEXT,
}

const LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH']

const CONFIG: Shapes = {
  candidateCount: { is: 'integer', min: 1, max: 8 },
  stopSequences: { is: 'list', max: 5, items: TEXT },
  maxOutputTokens: { is: 'integer', min: 1 },
  temperature: { is: 'number', min: 0, max: 2 },
  topP: { is: 'number', min: 0, max: 1 },
  topK: { is: 'integer', min: 1 },
  seed: INT,
  responseMimeType: { is: 'string', values: ['text/plain', 'application/json', 'text/x.enum'] },
  responseSchema: SCHEMA,
  responseJsonSchema: ANY,
  presencePenalty: FLOAT,
  frequencyPenalty: FLOAT,
  responseLogprobs: { is: 'boolean' },
  logprobs: INT,
  responseModalities: { is: 'list', items: { is: 'string', values: ['TEXT', 'IMAGE', 'AUDIO'] } },
  imageConfig: { is: 'object', fields: { aspectRatio: TEXT, imageSize: TEXT } },
  mediaResolution: TEXT,
  thinkingConfig: {
    is: 'object',
    fields: {
      includeThoughts: { is: 'boolean' },
      thinkingBudget: { is: 'integer', min: -1 },
      thinkingLevel: { is: 'string', values: [...LEVELS, ...LEVELS.map((level) => level.toLowerCase())] },
    },
  },
}

/** The emulator offers functions only; the other tools are refused by name in the request's reader. */
const TOOL: Shapes = {
  functionDeclarations: { is: 'list', items: { is: 'object', fields: DECLARATION } },
  googleSearch: STRUCT,
  codeExecution: STRUCT,
  urlContext: STRUCT,
}

/**
 * Fields in lowerCamelCase. The real API also takes snake_case, which no SDK sends.
 * Source: generativelanguage v1beta protocol buffers, GenerateContentRequest.
 */
export const GENERATE_FIELDS: Shapes = {
  model: TEXT,
  contents: { is: 'list', items: { is: 'object', fields: CONTENT } },
  systemInstruction: { is: 'object', fields: CONTENT },
  tools: { is: 'list', items: { is: 'object', fields: TOOL } },
  toolConfig: {
    is: 'object',
    fields: {
      functionCallingConfig: {
        is: 'object',
        fields: {
          mode: { is: 'string', values: ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'] },
          allowedFunctionNames: { is: 'list', items: TEXT },
        },
      },
      retrievalConfig: STRUCT,
    },
  },
  safetySettings: {
    is: 'list',
    items: {
      is: 'object',
      fields: {
        category: { is: 'string', required: true, pattern: /^HARM_CATEGORY_[A-Z_]+$/ },
        threshold: {
          is: 'string',
          required: true,
          values: ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF'],
        },
      },
    },
  },
  generationConfig: { is: 'object', fields: CONFIG },
  cachedContent: TEXT,
  labels: STRUCT,
}

export const EMBED_FIELDS: Shapes = {
  requests: {
    is: 'list',
    required: true,
    min: 1,
    max: 100,
    items: {
      is: 'object',
      fields: {
        model: { is: 'string', required: true },
        content: { is: 'object', required: true, fields: CONTENT },
        taskType: TEXT,
        title: TEXT,
        outputDimensionality: { is: 'integer', min: 1, max: 3072 },
      },
    },
  },
}

export const PREDICT_FIELDS: Shapes = {
  instances: { is: 'list', required: true, min: 1, items: STRUCT },
  parameters: STRUCT,
}
