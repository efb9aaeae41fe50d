import { invalid } from '../aws/errors.ts'
import { isObject } from '../json.ts'
import { checkShape } from '../shape.ts'
import type { Format, Turn } from '../text/compose.ts'
import type { Tool } from '../text/tools.ts'
import type { Call, JsonObject, World } from '../types.ts'
import { CONVERSE_FIELDS } from './fields.ts'
import { type BedrockModel, bedrockModel } from './models.ts'
import { readTurns } from './turns.ts'

/** A conversation that Converse would accept. */
export interface ConverseRequest {
  model: BedrockModel
  turns: Turn[]
  tools: Tool[]
  toolChoice: 'none' | 'auto' | 'required' | Tool
  format: Format
  stop: string[]
  maxTokens: number
  thinkingTokens: number
}

interface Inference {
  maxTokens?: number
  temperature?: number
  topP?: number
  stopSequences?: string[]
}

interface ToolConfig {
  tools: { toolSpec?: { name: string; description?: string; inputSchema: { json: JsonObject } } }[]
  toolChoice?: { auto?: object; any?: object; tool?: { name: string } }
}

/** Bedrock passes on what a model says against a request. */
const fromModel = (message: string) => invalid(`The model returned the following errors: ${message}`)

const MOST_THINKING_TOKENS = 64

function readThinking(
  fields: unknown,
  inference: Inference,
  toolConfig: ToolConfig | undefined,
  thinks: boolean,
): number {
  const thinking = isObject(fields) ? fields.thinking : undefined
  if (!isObject(thinking) || thinking.type === 'disabled') return 0
  if (!thinks) throw fromModel('#: extraneous key [thinking] is not permitted')
  if (inference.temperature !== undefined && inference.temperature !== 1) {
    throw fromModel('`temperature` may only be set to 1 when thinking is enabled.')
  }
  if (toolConfig?.toolChoice?.any || toolConfig?.toolChoice?.tool) {
    throw fromModel('Thinking may not be enabled when tool_choice forces tool use.')
  }
  if (thinking.type === 'adaptive') return MOST_THINKING_TOKENS
  const budget = thinking.budget_tokens
  if (typeof budget !== 'number' || budget < 1024) {
    throw fromModel('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  }
  if (budget >= (inference.maxTokens ?? Number.POSITIVE_INFINITY)) {
    throw fromModel('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  return Math.min(budget, MOST_THINKING_TOKENS)
}

function readChoice(config: ToolConfig | undefined, tools: readonly Tool[]): ConverseRequest['toolChoice'] {
  if (tools.length === 0) return 'none'
  if (config?.toolChoice?.any) return 'required'
  const name = config?.toolChoice?.tool?.name
  if (name === undefined) return 'auto'
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) throw invalid(`The tool '${name}' of toolChoice is not in the tools of toolConfig.`)
  return tool
}

function readFormat(config: unknown): Format {
  const text = (config as { textFormat?: { structure: { jsonSchema: { schema: string } } } } | undefined)?.textFormat
  if (!text) return { type: 'text' }
  try {
    return { type: 'json_schema', schema: JSON.parse(text.structure.jsonSchema.schema) as JsonObject }
  } catch {
    throw invalid('The schema of outputConfig.textFormat is not valid JSON.')
  }
}

/** @throws Refusal or Problem for everything that Converse would not accept */
export function readConverse(call: Call, world: World): ConverseRequest {
  const body = call.json ?? {}
  checkShape(CONVERSE_FIELDS, body)
  const model = bedrockModel(call, world)
  if (model.kind !== 'text')
    throw invalid(
      'This action doesn’t support the model that you provided. Try again with a supported text or chat model.',
    )
  const inference = (body.inferenceConfig ?? {}) as Inference
  if (model.thinks && inference.temperature !== undefined && inference.topP !== undefined) {
    throw fromModel('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  const toolConfig = body.toolConfig as ToolConfig | undefined
  const tools = (toolConfig?.tools ?? []).flatMap(({ toolSpec }) =>
    toolSpec
      ? [{ name: toolSpec.name, description: toolSpec.description ?? '', parameters: toolSpec.inputSchema.json }]
      : [],
  )
  if (tools.some(({ parameters }) => parameters.type !== 'object')) {
    throw invalid(
      'The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.',
    )
  }
  return {
    model,
    turns: readTurns(body),
    tools,
    toolChoice: readChoice(toolConfig, tools),
    format: readFormat(body.outputConfig),
    stop: inference.stopSequences ?? [],
    maxTokens: inference.maxTokens ?? 4096,
    thinkingTokens: readThinking(body.additionalModelRequestFields, inference, toolConfig, model.thinks),
  }
}
