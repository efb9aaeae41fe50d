import type { TextCall, Tool } from '../../core/text.ts'
import type { OutputPlan } from '../shared/messages/output.ts'
import { decodable } from '../shared/messages/schema.ts'
import type { ModelTraits } from './traits.ts'

type Json = Readonly<Record<string, unknown>>

const LOOSE = 'Some tools are not strict: the model, or its decoder, does not take their schema so.'

function wireTool({ name, description, parameters, strict }: Tool, { schemas }: ModelTraits, warn: Set<string>): Json {
  const schema = parameters ?? { type: 'object', properties: {} }
  const decoded = strict && schemas ? decodable(schema) : undefined
  if (strict && !decoded) warn.add(LOOSE)
  return {
    toolSpec: {
      name,
      description: description || undefined,
      inputSchema: { json: decoded ?? (schema.type === undefined ? { ...schema, type: 'object' } : schema) },
      strict: decoded && true,
    },
  }
}

/** The names of the tools that the conversation has called: Converse refuses their calls and results without tools. */
function calledTools({ messages }: TextCall): Tool[] {
  const names = new Set(
    messages
      .flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : []))
      .map(({ name }) => name),
  )
  return [...names].map((name) => ({ name }))
}

/** Which tool must be called, before it is known whether the model can be made to. */
function wanted({ toolChoice: choice, tools = [] }: TextCall, { tool }: OutputPlan): Json | undefined {
  if (typeof choice === 'object') return { tool: { name: choice.name } }
  if (tool) return tools.length > 0 && choice !== 'none' ? { any: {} } : { tool: { name: tool.name } }
  if (choice === 'required') return { any: {} }
  return choice === 'auto' ? { auto: {} } : undefined
}

export interface ToolPlan {
  toolConfig: Json | undefined
  /** Whether the model is made to call a tool. */
  forced: boolean
}

/** What can be chosen for the model of what was wanted. */
function possible(
  choice: Json | undefined,
  call: TextCall,
  { choice: can }: ModelTraits,
  count: number,
  warn: Set<string>,
) {
  if (choice === undefined || 'auto' in choice || can === 'tool') return choice
  // With one tool alone, any is that one.
  if (can === 'any' && ('any' in choice || count === 1)) return { any: {} }
  warn.add(
    `${call.model} cannot be made to call ${'any' in choice ? 'a tool' : 'a certain tool'}; it was left to decide.`,
  )
  return undefined
}

/**
 * The tools of a call. Converse has no choice `none`: then none are sent,
 * unless the conversation has calls, which it refuses without tools.
 * Source: Bedrock API reference, ToolConfiguration, read November 2026.
 */
export function wireTools(
  call: TextCall,
  plan: OutputPlan,
  traits: ModelTraits,
  structuredOutput: unknown,
  warn: Set<string>,
): ToolPlan {
  const given = call.defaults?.toolConfig as { tools?: Json[]; toolChoice?: Json } | undefined
  const isForbidden = call.toolChoice === 'none'
  const offered = isForbidden ? [] : (call.tools ?? [])
  const own = [...offered, ...(plan.tool ? [plan.tool] : [])]
  if (call.parallelToolCalls === false && offered.length > 0)
    warn.add('Converse cannot hold a model to one tool call at a time; parallel_tool_calls was left out.')
  const tools = [...(isForbidden ? [] : (given?.tools ?? [])), ...own.map((tool) => wireTool(tool, traits, warn))]
  const called = tools.length === 0 ? calledTools(call) : []
  if (called.length > 0) {
    const known = isForbidden && call.tools?.length ? call.tools : called
    const why = isForbidden ? 'it cannot be forbidden to call them' : 'it may call them'
    warn.add(`The tools of the conversation were sent, because Converse refuses their calls without them; ${why}.`)
    return { toolConfig: { tools: known.map((tool) => wireTool(tool, traits, warn)) }, forced: false }
  }
  if (tools.length === 0) return { toolConfig: undefined, forced: false }
  const can = structuredOutput === 'tool' ? { ...traits, choice: 'tool' as const } : traits
  const toolChoice = possible(wanted(call, plan), call, can, tools.length, warn) ?? given?.toolChoice
  const forced = toolChoice !== undefined && !('auto' in toolChoice)
  return { toolConfig: { tools, toolChoice }, forced }
}
