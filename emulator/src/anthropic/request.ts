import { checkShape } from '../shape.ts'
import type { Format, Turn } from '../text/compose.ts'
import type { Tool } from '../text/tools.ts'
import type { Call, JsonObject, World } from '../types.ts'
import { invalid } from './errors.ts'
import { COUNT_FIELDS, messageFields } from './fields.ts'
import { type ClaudeModel, claudeModel } from './models.ts'
import { readTurns } from './turns.ts'

/** A request that the API would accept. */
export interface MessageRequest {
  model: ClaudeModel
  turns: Turn[]
  tools: Tool[]
  toolChoice: 'none' | 'auto' | 'required' | Tool
  parallel: boolean
  format: Format
  stop: string[]
  maxTokens: number
  /** Tokens of thinking before the answer; 0 for none. */
  thinkingTokens: number
  /** Whether the thoughts are shown. */
  thoughtsShown: boolean
  stream: boolean
}

interface Thinking {
  type: 'enabled' | 'adaptive' | 'disabled'
  budget_tokens?: number
  display?: string | null
}

const ADAPTIVE_TOKENS: Readonly<Record<string, number>> = { low: 24, medium: 48, high: 96, xhigh: 192, max: 384 }
/** The emulator thinks briefly however large the budget. */
const MOST_THINKING_TOKENS = 128

function checkSampling(body: JsonObject, model: ClaudeModel): void {
  const set = ['temperature', 'top_p', 'top_k'].filter((key) => body[key] !== undefined)
  if (!model.sampling && set.some((key) => body[key] !== 1)) {
    throw invalid(`\`${set[0]}\` is not supported for this model.`)
  }
  if (set.includes('temperature') && set.includes('top_p')) {
    throw invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
}

function checkThinking(body: JsonObject, model: ClaudeModel): void {
  const thinking = body.thinking as Thinking | undefined
  if (!thinking || thinking.type === 'disabled') return
  if (thinking.type === 'enabled' && !model.budgets) {
    throw invalid(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    )
  }
  if (thinking.type === 'adaptive' && !model.adaptive) {
    throw invalid('adaptive thinking is not supported on this model')
  }
  if ((thinking.budget_tokens ?? 0) >= (body.max_tokens as number)) {
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (body.temperature !== undefined && body.temperature !== 1) {
    throw invalid('`temperature` may only be set to 1 when thinking is enabled.')
  }
  if (body.top_k !== undefined) throw invalid('`top_k` must be unset when thinking is enabled.')
  if (typeof body.top_p === 'number' && body.top_p < 0.95) {
    throw invalid('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.')
  }
  const choice = (body.tool_choice as { type: string } | undefined)?.type
  if (choice === 'any' || choice === 'tool') {
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.')
  }
}

function thinkingTokens(body: JsonObject): number {
  const thinking = body.thinking as Thinking | undefined
  if (thinking?.type === 'enabled') return Math.min(thinking.budget_tokens ?? 0, MOST_THINKING_TOKENS)
  if (thinking?.type !== 'adaptive') return 0
  const { effort } = (body.output_config ?? {}) as { effort?: string | null }
  return ADAPTIVE_TOKENS[effort ?? 'high'] ?? 0
}

function readTools(raw: readonly JsonObject[]): Tool[] {
  const tools = raw.map(({ name, description = '', input_schema }) => ({
    name: name as string,
    description: description as string,
    parameters: input_schema as JsonObject,
  }))
  if (new Set(tools.map((tool) => tool.name)).size < tools.length) throw invalid('tools: Tool names must be unique.')
  return tools
}

function readChoice(raw: unknown, tools: readonly Tool[]): MessageRequest['toolChoice'] {
  if (raw === undefined) return tools.length > 0 ? 'auto' : 'none'
  const { type, name } = raw as { type: string; name?: string }
  if (tools.length === 0) throw invalid('tool_choice may only be specified while providing tools')
  if (type !== 'tool') return type === 'any' ? 'required' : (type as 'auto' | 'none')
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) throw invalid(`Tool '${name}' not found in provided tools`)
  return tool
}

function checkLastTurn(raw: readonly JsonObject[], body: JsonObject, model: ClaudeModel): void {
  const last = raw.at(-1)
  if (last?.role !== 'assistant') return
  const thinks = ((body.thinking as Thinking | undefined)?.type ?? 'disabled') !== 'disabled'
  if (!model.prefill || thinks) {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  if (typeof last.content === 'string' && last.content !== last.content.trimEnd()) {
    throw invalid('messages: final assistant content cannot end with trailing whitespace')
  }
}

/** @throws Refusal or Problem for everything that the API would not accept. */
export function readMessageRequest(call: Call, world: World, counting = false): MessageRequest {
  const body = call.json ?? {}
  checkShape(counting ? COUNT_FIELDS : messageFields(call.headers['anthropic-version']), body)
  const model = claudeModel(body.model as string, world)
  const maxTokens = (body.max_tokens as number | undefined) ?? model.maxOutputTokens
  if (maxTokens > model.maxOutputTokens) {
    throw invalid(
      `max_tokens: ${maxTokens} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.snapshot}`,
    )
  }
  checkSampling(body, model)
  checkThinking({ ...body, max_tokens: maxTokens }, model)
  const messages = body.messages as JsonObject[]
  checkLastTurn(messages, body, model)
  const stop = (body.stop_sequences ?? []) as string[]
  if (stop.some((sequence) => sequence.trim() === '')) {
    throw invalid('stop_sequences: each stop sequence must contain non-whitespace')
  }
  const tools = readTools((body.tools ?? []) as JsonObject[])
  const choice = body.tool_choice as { disable_parallel_tool_use?: boolean } | undefined
  const format = (body.output_config as { format?: { schema: JsonObject } | null } | undefined)?.format
  return {
    model,
    turns: readTurns(body.system, messages),
    tools,
    toolChoice: readChoice(body.tool_choice, tools),
    parallel: choice?.disable_parallel_tool_use !== true,
    format: format ? { type: 'json_schema', schema: format.schema } : { type: 'text' },
    stop,
    maxTokens,
    thinkingTokens: thinkingTokens(body),
    thoughtsShown: (body.thinking as Thinking | undefined)?.display !== 'omitted',
    stream: body.stream === true,
  }
}
