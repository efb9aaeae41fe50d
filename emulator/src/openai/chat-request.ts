import { isObject } from '../json.ts'
import type { Tool } from '../text/tools.ts'
import type { JsonObject } from '../types.ts'
import { CHAT_FIELDS, FORMATS, NAMED_CHOICE, NOT_EMULATED, SAMPLING_DEFAULTS, TOOL_FIELDS } from './chat-fields.ts'
import { ApiError, badRequest } from './errors.ts'
import { type Message, readMessages } from './messages.ts'
import type { EmulatedModel, ModelTable } from './models.ts'
import { checkSchema } from './schema-rules.ts'
import { checkFields, invalidValue, missing } from './validate.ts'

type Format = { type: 'text' | 'json_object' } | { type: 'json_schema'; schema: JsonObject }

/** A chat request that the API would accept. */
export interface ChatRequest {
  model: EmulatedModel
  messages: Message[]
  tools: Tool[]
  /** `none`, `auto`, `required`, or the tool that must be called. */
  toolChoice: 'none' | 'auto' | 'required' | Tool
  parallel: boolean
  format: Format
  n: number
  seed: number | undefined
  stop: string[]
  maxTokens: number | undefined
  effort: string
  verbosity: string
  serviceTier: string
  stream: boolean
  includeUsage: boolean
  obfuscate: boolean
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null

/** What this model refuses although the endpoint knows it. */
function checkModelLimits(body: JsonObject, model: EmulatedModel): void {
  const refused = model.refuses.find((field) => isSet(body[field]))
  if (refused) {
    throw badRequest(
      `Unsupported parameter: '${refused}' is not supported with this model.`,
      refused,
      'unsupported_parameter',
    )
  }
  if (!model.reasoning) {
    if (!isSet(body.reasoning_effort)) return
    throw badRequest('Unrecognized request argument supplied: reasoning_effort')
  }
  if (isSet(body.max_tokens)) {
    throw badRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    )
  }
  if (body.reasoning_effort === 'none') return
  for (const [field, standard] of Object.entries(SAMPLING_DEFAULTS)) {
    if (!isSet(body[field]) || body[field] === standard) continue
    throw badRequest(
      `Unsupported value: '${field}' does not support ${String(body[field])} with this model. Only the default (${standard}) value is supported.`,
      field,
      'unsupported_value',
    )
  }
}

/** Fields that contradict each other. */
function checkCombinations(body: JsonObject): void {
  if (isSet(body.max_tokens) && isSet(body.max_completion_tokens)) {
    throw badRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
      'invalid_parameter_combination',
    )
  }
  if (isSet(body.stream_options) && body.stream !== true) {
    throw badRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  for (const field of ['tool_choice', 'parallel_tool_calls'] as const) {
    if (body[field] === undefined || body.tools !== undefined) continue
    throw badRequest(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field)
  }
  const metadata = isObject(body.metadata) ? Object.keys(body.metadata) : []
  if (metadata.length > 0 && body.store !== true) {
    throw badRequest("The 'metadata' parameter is only allowed when 'store' is enabled.", 'metadata')
  }
  if (metadata.length > 16 || metadata.some((key) => key.length > 64)) {
    throw badRequest("Invalid 'metadata': at most 16 keys of at most 64 characters are allowed.", 'metadata')
  }
  if (Array.isArray(body.modalities) && body.modalities.includes('audio')) {
    throw badRequest('This model does not support the requested modalities: audio.', 'modalities', 'invalid_value')
  }
}

function checkEmulated(body: JsonObject): void {
  const field = NOT_EMULATED.find((name) => isSet(body[name]) && body[name] !== false)
  if (field) throw badRequest(`The emulator does not offer '${field}'.`, field, 'unsupported_parameter')
}

function readTool(raw: JsonObject, path: string): Tool {
  if (raw.type === undefined) throw missing(`${path}.type`)
  if (raw.type === 'custom') throw badRequest("The emulator does not offer tools of type 'custom'.", `${path}.type`)
  if (raw.type !== 'function') throw invalidValue(raw.type, ['function', 'custom'], `${path}.type`)
  checkFields(TOOL_FIELDS, raw, path)
  const {
    name,
    description = '',
    parameters,
    strict,
  } = raw.function as {
    name: string
    description?: string
    parameters?: JsonObject
    strict?: boolean | null
  }
  if (parameters === undefined) return { name, description, parameters: { type: 'object', properties: {} } }
  checkSchema(parameters, strict === true, {
    subject: `function '${name}'`,
    param: `${path}.function.parameters`,
    code: 'invalid_function_parameters',
  })
  return { name, description, parameters }
}

function readToolChoice(raw: unknown, tools: readonly Tool[]): ChatRequest['toolChoice'] {
  if (raw === undefined) return tools.length > 0 ? 'auto' : 'none'
  if (raw === 'none' || raw === 'auto' || raw === 'required') return raw
  if (typeof raw === 'string') throw invalidValue(raw, ['none', 'auto', 'required'], 'tool_choice')
  const choice = raw as JsonObject
  if (choice.type === 'custom' || choice.type === 'allowed_tools') {
    throw badRequest(`The emulator does not offer a tool_choice of type '${choice.type}'.`, 'tool_choice.type')
  }
  checkFields(NAMED_CHOICE, choice, 'tool_choice')
  const { name } = choice.function as { name: string }
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) throw badRequest(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice')
  return tool
}

function readFormat(raw: JsonObject | undefined, messages: readonly Message[]): Format {
  if (raw === undefined) return { type: 'text' }
  if (raw.type === undefined) throw missing('response_format.type')
  const fields = typeof raw.type === 'string' && Object.hasOwn(FORMATS, raw.type) ? FORMATS[raw.type] : undefined
  if (!fields) throw invalidValue(raw.type, ['json_object', 'json_schema', 'text'], 'response_format.type')
  checkFields(fields, raw, 'response_format')
  if (raw.type === 'json_object' && !messages.some((message) => /json/i.test(message.text))) {
    throw badRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    )
  }
  if (raw.type !== 'json_schema') return { type: raw.type as 'text' | 'json_object' }
  const { name, schema, strict } = raw.json_schema as { name: string; schema?: JsonObject; strict?: boolean | null }
  if (schema === undefined) throw missing('response_format.json_schema.schema')
  checkSchema(schema, strict === true, {
    subject: `response_format '${name}'`,
    param: 'response_format',
    code: null,
  })
  return { type: 'json_schema', schema }
}

/** @throws ApiError for everything that the API would not accept. */
export function readChat(body: JsonObject, models: ModelTable): ChatRequest {
  if (body.model === undefined) throw badRequest('you must provide a model parameter')
  checkFields(CHAT_FIELDS, body, '', 'argument')
  const model = models.use(body.model as string, 'chat')
  if (model.responsesOnly) {
    throw new ApiError(404, {
      message: 'This model is only supported in v1/responses and not in v1/chat/completions.',
      param: 'model',
    })
  }
  checkModelLimits(body, model)
  checkCombinations(body)
  checkEmulated(body)
  const messages = readMessages(body.messages as JsonObject[])
  const tools = ((body.tools ?? []) as JsonObject[]).map((tool, index) => readTool(tool, `tools[${index}]`))
  const streamOptions = (body.stream_options ?? {}) as { include_usage?: boolean; include_obfuscation?: boolean }
  const stop = (body.stop ?? []) as string | string[]
  return {
    model,
    messages,
    tools,
    toolChoice: readToolChoice(body.tool_choice, tools),
    parallel: body.parallel_tool_calls !== false,
    format: readFormat(body.response_format as JsonObject | undefined, messages),
    n: (body.n as number | null | undefined) ?? 1,
    seed: (body.seed as number | null | undefined) ?? undefined,
    stop: (Array.isArray(stop) ? stop : [stop]).filter((sequence) => sequence !== ''),
    maxTokens: ((body.max_completion_tokens ?? body.max_tokens) as number | null | undefined) ?? undefined,
    effort: model.reasoning ? ((body.reasoning_effort as string | null | undefined) ?? 'medium') : 'none',
    verbosity: (body.verbosity as string | null | undefined) ?? 'medium',
    serviceTier: (body.service_tier as string | null | undefined) ?? 'default',
    stream: body.stream === true,
    includeUsage: streamOptions.include_usage === true,
    obfuscate: streamOptions.include_obfuscation !== false,
  }
}
