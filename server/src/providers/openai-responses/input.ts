import type { ContentPart, TextCall, TextMessage } from '../../core/text.ts'
import { interleaved, keptIn } from '../shared/kept.ts'

type Json = Readonly<Record<string, unknown>>

const plainText = (content: readonly ContentPart[]): string | undefined =>
  content.every((part) => part.type === 'text') ? content.map((part) => part.text).join('') : undefined

function wirePart(part: ContentPart): Json {
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  const { picture } = part
  const image_url = 'url' in picture ? picture.url : `data:${picture.mediaType};base64,${picture.base64}`
  return { type: 'input_image', image_url, detail: part.detail ?? 'auto' }
}

const wireContent = (content: readonly ContentPart[]): unknown => plainText(content) ?? content.map(wirePart)

function itemsOf(message: TextMessage): Json[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'developer', content: message.text }]
    case 'user':
      return [{ role: 'user', content: wireContent(message.content) }]
    case 'assistant':
      return interleaved(
        message,
        keptIn(message.opaque, 'reasoning'),
        (content) => [{ role: 'assistant', content }],
        ({ id, name, arguments: written }) => ({ type: 'function_call', call_id: id, name, arguments: written }),
      )
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.callId, output: wireContent(message.content) }]
  }
}

export interface ResponsesInput {
  /** The system text that a conversation begins with. */
  instructions: string | undefined
  input: Json[]
}

/** A conversation as input items. Source: OpenAI's API reference, CreateResponse, August 2026. */
export function responsesInput({ messages }: Pick<TextCall, 'messages'>): ResponsesInput {
  const first = messages.findIndex(({ role }) => role !== 'system')
  // Instructions alone are no input.
  if (first === -1) return { instructions: undefined, input: messages.flatMap(itemsOf) }
  const instructions = messages.slice(0, first).flatMap((message) => (message.role === 'system' ? [message.text] : []))
  return {
    instructions: instructions.length === 0 ? undefined : instructions.join('\n\n'),
    input: messages.slice(first).flatMap(itemsOf),
  }
}
