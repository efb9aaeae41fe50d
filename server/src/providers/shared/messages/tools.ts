import type { TextCall, Tool } from '../../../core/text.ts'
import type { OutputPlan } from './output.ts'
import { decodable } from './schema.ts'
import type { ClaudeTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

const LOOSE = 'Some tools are not strict: the model, or its decoder, does not take their schema so.'

function wireTool({ name, description, parameters, strict }: Tool, traits: ClaudeTraits, warn: Set<string>): Json {
  const schema = parameters ?? { type: 'object', properties: {} }
  const decoded = strict && traits.schemas ? decodable(schema) : undefined
  if (strict && !decoded) warn.add(LOOSE)
  return {
    name,
    description,
    input_schema: decoded ?? (schema.type === undefined ? { ...schema, type: 'object' } : schema),
    strict: decoded && true,
  }
}

/** The tools of a call, those of the model's record first, and the one that an answer is taken from last. */
export function wireTools(call: TextCall, plan: OutputPlan, traits: ClaudeTraits, warn: Set<string>) {
  const given = Array.isArray(call.defaults?.tools) ? (call.defaults.tools as Json[]) : []
  const own = [...(call.tools ?? []), ...(plan.tool ? [plan.tool] : [])]
  const all = [...given, ...own.map((tool) => wireTool(tool, traits, warn))]
  return all.length === 0 ? undefined : all
}

/** Which tool must be called, before it is known whether the model can be made to. */
function wanted(call: TextCall, { tool }: OutputPlan): Json | undefined {
  const { toolChoice: choice, tools = [] } = call
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  if (tool) return tools.length > 0 && choice !== 'none' ? { type: 'any' } : { type: 'tool', name: tool.name }
  if (tools.length === 0) return undefined
  return choice && { type: choice === 'required' ? 'any' : choice }
}

export interface ToolChoice {
  /** Undefined: what the model's record says, if anything. */
  choice: Json | undefined
  forced: boolean
}

/** Source: Messages API reference, `tool_choice`, read November 2026. */
export function wireToolChoice(call: TextCall, plan: OutputPlan, traits: ClaudeTraits, warn: Set<string>): ToolChoice {
  let choice = wanted(call, plan)
  let forced = choice?.type === 'any' || choice?.type === 'tool'
  if (forced && traits.forcedTools === 'never') {
    warn.add(`${call.model} cannot be made to call a tool; it was left to decide.`)
    choice = { type: 'auto' }
    forced = false
  }
  const single = plan.tool !== undefined || (call.parallelToolCalls === false && (call.tools?.length ?? 0) > 0)
  if (!single || choice?.type === 'none') return { choice, forced }
  return { choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true }, forced }
}
