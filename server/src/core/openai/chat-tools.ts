import type { ChatRequest } from '@turnout/contract'
import { TurnoutError } from '../error.ts'
import type { JsonSchema, OutputFormat, Tool, ToolChoice } from '../text.ts'

type Json = Readonly<Record<string, unknown>>

const refused = (message: string, param: string): TurnoutError =>
  new TurnoutError('capability_missing', message, { param })

function readTool(tool: NonNullable<ChatRequest['tools']>[number], i: number): Tool {
  if (tool.type === 'custom') throw refused('The model takes tools of type function only.', `tools[${i}]`)
  const { name, description, parameters, strict } = tool.function as {
    name: string
    description?: string
    parameters?: JsonSchema
    strict?: boolean | null
  }
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(typeof strict === 'boolean' && { strict }),
  }
}

const nameIn = (value: unknown): string | undefined => {
  const name = (value as { function?: { name?: unknown } } | null)?.function?.name
  return typeof name === 'string' ? name : undefined
}

export interface CallTools {
  tools?: Tool[]
  toolChoice?: ToolChoice
}

/** Tools and which of them is to be used. `allowed_tools` is a choice among fewer tools. */
export function readTools({ tools, tool_choice: choice }: ChatRequest): CallTools {
  const all = (tools ?? []).map(readTool)
  if (all.length === 0) return {}
  if (choice === null || choice === undefined) return { tools: all }
  if (typeof choice === 'string') return { tools: all, toolChoice: choice }
  if (choice.type === 'function') {
    const name = nameIn(choice)
    if (all.some((tool) => tool.name === name)) return { tools: all, toolChoice: { name: name! } }
    throw new TurnoutError('invalid_input', 'tool_choice must name one of the tools.', { param: 'tool_choice' })
  }
  if (choice.type !== 'allowed_tools') {
    throw refused(`The model does not take a tool_choice of type ${JSON.stringify(choice.type)}.`, 'tool_choice')
  }
  const { mode, tools: allowed } = (choice.allowed_tools ?? {}) as Json
  const names = new Set((Array.isArray(allowed) ? allowed : []).map(nameIn))
  const some = all.filter(({ name }) => names.has(name))
  if (some.length === 0 || (mode !== 'auto' && mode !== 'required')) {
    throw new TurnoutError('invalid_input', 'tool_choice.allowed_tools must have a mode and name some of the tools.', {
      param: 'tool_choice.allowed_tools',
    })
  }
  return { tools: some, toolChoice: mode }
}

/** In which form the answer is wanted; undefined for plain text. */
export function readFormat({ response_format: format }: ChatRequest): OutputFormat | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json' }
  const { name, description, schema, strict } = format.json_schema
  return {
    type: 'schema',
    name,
    ...(typeof description === 'string' && { description }),
    schema: schema ?? {},
    ...(typeof strict === 'boolean' && { strict }),
  }
}
