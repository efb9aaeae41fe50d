import { freshId } from '../../random.ts'
import { pieces } from '../../text/tokens.ts'
import type { ToolCall } from '../../text/tools.ts'
import type { JsonObject } from '../../types.ts'

/** An event of a stream about one item, before its numbers are added. */
export interface ItemEvent extends JsonObject {
  type: string
}

/** One item of the output: whole, and as the events that lead to it. */
export interface Item {
  whole: JsonObject
  events: ItemEvent[]
}

const id = (prefix: string): string => freshId(`${prefix}_`, 48).toLowerCase()

/** What opens and closes every item. */
function framed(opening: JsonObject, whole: JsonObject, between: ItemEvent[]): Item {
  const item_id = whole.id
  return {
    whole,
    events: [
      { type: 'response.output_item.added', item: opening },
      ...between.map((event) => ({ ...event, item_id })),
      { type: 'response.output_item.done', item: whole },
    ],
  }
}

export function reasoningItem(summary: readonly string[]): Item {
  const base = { id: id('rs'), type: 'reasoning' }
  if (summary.length === 0) return framed({ ...base, summary: [] }, { ...base, summary: [] }, [])
  const part = { type: 'summary_text', text: summary.join('') }
  const at = { summary_index: 0 }
  return framed({ ...base, summary: [] }, { ...base, summary: [part] }, [
    { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
    ...summary.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
    { type: 'response.reasoning_summary_text.done', ...at, text: part.text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ])
}

export function messageItem(texts: readonly string[], complete: boolean): Item {
  const base = { id: id('msg'), type: 'message', role: 'assistant' }
  const part = { type: 'output_text', annotations: [], logprobs: [], text: texts.join('') }
  const at = { content_index: 0 }
  const whole = { ...base, status: complete ? 'completed' : 'incomplete', content: [part] }
  return framed({ ...base, status: 'in_progress', content: [] }, whole, [
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...texts.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, logprobs: [], text: part.text },
    { type: 'response.content_part.done', ...at, part },
  ])
}

export function callItem({ name, arguments: args }: ToolCall): Item {
  const base = { id: id('fc'), type: 'function_call', call_id: freshId('call_', 24), name }
  const whole = { ...base, status: 'completed', arguments: args }
  return framed({ ...base, status: 'in_progress', arguments: '' }, whole, [
    ...pieces(args).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
    { type: 'response.function_call_arguments.done', arguments: args },
  ])
}
