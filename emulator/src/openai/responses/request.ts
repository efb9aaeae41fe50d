import type { Format, Turn } from '../../text/compose.ts'
import type { Tool } from '../../text/tools.ts'
import type { JsonObject, World } from '../../types.ts'
import { badRequest } from '../errors.ts'
import type { EmulatedModel } from '../models.ts'
import { checkSchema } from '../schema-rules.ts'
import { checkFields, invalidValue, missing } from '../validate.ts'
import { FORMAT_FIELDS, FUNCTION_FIELDS, RESPONSE_FIELDS } from './fields.ts'
import { readInput } from './input.ts'

/** A request that the API would accept. */
export interface ResponseRequest {
  model: EmulatedModel
  turns: Turn[]
  tools: Tool[]
  toolChoice: 'none' | 'auto' | 'required' | Tool
  parallel: boolean
  format: Format
  maxTokens: number | undefined
  effort: string
  /** Whether a summary of the reasoning is shown. */
  summarized: boolean
  verbosity: string
  stream: boolean
  obfuscate: boolean
  /** What the answer repeats. */
  body: JsonObject
}

function checkReasoning(body: JsonObject, model: EmulatedModel): void {
  const { effort, summary } = (body.reasoning ?? {}) as { effort?: string | null; summary?: string | null }
  if (!model.reasoning) {
    const set = effort ? 'reasoning.effort' : summary ? 'reasoning.summary' : undefined
    if (!set) return
    throw badRequest(`Unsupported parameter: '${set}' is not supported with this model.`, set, 'unsupported_parameter')
  }
  if (effort === 'none') return
  for (const field of ['temperature', 'top_p']) {
    if (body[field] === undefined || body[field] === null || body[field] === 1) continue
    throw badRequest(`Unsupported parameter: '${field}' is not supported with this model.`, field)
  }
}

function readTools(raw: readonly JsonObject[]): Tool[] {
  return raw.map((tool, index) => {
    const at = `tools[${index}]`
    if (tool.type === undefined) throw missing(`${at}.type`)
    if (tool.type !== 'function') {
      throw badRequest(`The emulator does not offer tools of type '${String(tool.type)}'.`, `${at}.type`)
    }
    checkFields(FUNCTION_FIELDS, tool, at)
    const { name, description, parameters, strict } = tool as {
      name: string
      description?: string | null
      parameters?: JsonObject | null
      strict?: boolean | null
    }
    const schema = parameters ?? { type: 'object', properties: {} }
    const place = { subject: `function '${name}'`, param: `${at}.parameters`, code: 'invalid_function_parameters' }
    checkSchema(schema, strict === true, place)
    return { name, description: description ?? '', parameters: schema }
  })
}

function readChoice(raw: unknown, tools: readonly Tool[]): ResponseRequest['toolChoice'] {
  if (raw === undefined) return tools.length > 0 ? 'auto' : 'none'
  if (raw === 'none' || raw === 'auto' || raw === 'required') return tools.length > 0 ? raw : 'none'
  if (typeof raw === 'string') throw invalidValue(raw, ['none', 'auto', 'required'], 'tool_choice')
  const { type, name } = raw as { type?: string; name?: string }
  if (type !== 'function') throw invalidValue(type, ['function'], 'tool_choice.type')
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) throw badRequest(`Tool choice 'function' not found in 'tools' parameter.`, 'tool_choice')
  return tool
}

function readFormat(raw: JsonObject | undefined, turns: readonly Turn[]): Format {
  if (raw === undefined) return { type: 'text' }
  const type = String(raw.type)
  const fields = Object.hasOwn(FORMAT_FIELDS, type) ? FORMAT_FIELDS[type] : undefined
  if (!fields) throw invalidValue(raw.type, Object.keys(FORMAT_FIELDS), 'text.format.type')
  checkFields(fields, raw, 'text.format')
  if (type === 'json_object' && !turns.some((turn) => /json/i.test(turn.text))) {
    throw badRequest(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      'input',
    )
  }
  if (type !== 'json_schema') return { type: type as 'text' | 'json_object' }
  const schema = raw.schema as JsonObject
  const place = {
    subject: `response_format '${String(raw.name)}'`,
    param: 'text.format.schema',
    code: 'invalid_json_schema',
  }
  checkSchema(schema, raw.strict === true, place)
  return { type: 'json_schema', schema }
}

/** @throws ApiError for everything that the API would not accept */
export function readResponseRequest(body: JsonObject, world: World): ResponseRequest {
  checkFields(RESPONSE_FIELDS, body)
  const model = world.models.use(body.model as string, 'chat')
  checkReasoning(body, model)
  const instructions = (body.instructions as string | null | undefined) ?? ''
  const system: Turn[] =
    instructions === ''
      ? []
      : [{ role: 'system', text: instructions, pictures: [], toolCallId: undefined, calls: new Map() }]
  const turns = [...system, ...readInput(body.input)]
  const tools = readTools((body.tools ?? []) as JsonObject[])
  const text = (body.text ?? {}) as { format?: JsonObject; verbosity?: string | null }
  const reasoning = (body.reasoning ?? {}) as { effort?: string | null; summary?: string | null }
  return {
    model,
    turns,
    tools,
    toolChoice: readChoice(body.tool_choice, tools),
    parallel: body.parallel_tool_calls !== false,
    format: readFormat(text.format, turns),
    maxTokens: (body.max_output_tokens as number | null | undefined) ?? undefined,
    effort: model.reasoning ? (reasoning.effort ?? 'medium') : 'none',
    summarized: typeof reasoning.summary === 'string',
    verbosity: text.verbosity ?? 'medium',
    stream: body.stream === true,
    obfuscate: (body.stream_options as { include_obfuscation?: boolean } | null)?.include_obfuscation !== false,
    body,
  }
}
