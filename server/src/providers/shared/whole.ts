import type { TextPart, TextResult, ToolCall } from '../../core/text.ts'

/** The parts of an answer put together, of which the last is its end: the same whole as it is in a stream. */
export function whole(parts: Iterable<TextPart>): TextResult {
  let text = ''
  let reasoning = ''
  const toolCalls: ToolCall[] = []
  for (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    else if (part.type === 'reasoning-delta') reasoning += part.text
    else if (part.type === 'tool-call-delta') {
      const { index, id = '', name = '', arguments: written = '', opaque } = part
      const call = toolCalls[index]
      if (call) call.arguments += written
      else toolCalls[index] = { id, name, arguments: written, ...(opaque && { opaque }) }
    } else {
      const { type: _, ...end } = part
      return { ...end, text, toolCalls, reasoning: reasoning === '' ? undefined : reasoning }
    }
  }
  throw new Error('an answer ended without its end')
}
