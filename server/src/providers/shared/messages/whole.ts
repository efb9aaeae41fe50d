import type { TextPart, TextResult, ToolCall } from '../../../core/text.ts'

/** The parts of an answer put together, so that it is the same whole as it is in a stream. */
export function whole(parts: Iterable<TextPart>, end: Extract<TextPart, { type: 'finish' }>): TextResult {
  let text = ''
  let reasoning = ''
  const toolCalls: ToolCall[] = []
  for (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    else if (part.type === 'reasoning-delta') reasoning += part.text
    else if (part.type === 'tool-call-delta') {
      const { index, id = '', name = '', arguments: written = '' } = part
      const call = toolCalls[index]
      if (call) call.arguments += written
      else toolCalls[index] = { id, name, arguments: written }
    }
  }
  const { type: _, ...rest } = end
  return { ...rest, text, toolCalls, reasoning: reasoning === '' ? undefined : reasoning }
}
