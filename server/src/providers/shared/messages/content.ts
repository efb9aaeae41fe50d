import type { ContentPart, Picture, TextCall, TextMessage } from '../../../core/text.ts'
import { interleaved, type Kept, keptIn } from '../kept.ts'
import { isSameClaude } from './traits.ts'

export type Block = Readonly<Record<string, unknown>>

/** One side's part of a conversation: messages in a row of the same side are one turn. */
export interface Turn {
  role: 'user' | 'assistant'
  content: Block[]
}

export interface Conversation {
  system: string | undefined
  messages: Turn[]
}

/** Ids of other providers may have characters that Anthropic refuses; a call and its result get the same one. */
const wireId = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_') || '_'

/** Blank text is refused. */
const textBlocks = (text: string): Block[] => (text.trim() === '' ? [] : [{ type: 'text', text }])

const FINE_DETAIL = 'Anthropic has no levels of detail for pictures; detail was left out.'

const imageBlock = (picture: Picture): Block => ({
  type: 'image',
  source:
    'url' in picture
      ? { type: 'url', url: picture.url }
      : { type: 'base64', media_type: picture.mediaType, data: picture.base64 },
})

function contentBlocks(content: readonly ContentPart[], warnings: Set<string>): Block[] {
  const blocks: Block[] = []
  for (const part of content) {
    if (part.type === 'text') {
      blocks.push(...textBlocks(part.text))
      continue
    }
    if (part.detail !== undefined && part.detail !== 'auto') warnings.add(FINE_DETAIL)
    blocks.push(imageBlock(part.picture))
  }
  return blocks
}

/** The arguments as the object that the wire wants; text that is none goes as the only member of one. */
function callInput(written: string, warnings: Set<string>): Block {
  if (written.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(written)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Block
  } catch {}
  warnings.add('Arguments of an earlier tool call that are not a JSON object were sent as the text they are.')
  return { arguments: written }
}

type AssistantMessage = Extract<TextMessage, { role: 'assistant' }>

/**
 * The signed thoughts that have come back with a message. They are valid for
 * the model that had them alone: another one answers them with a 400.
 * Source: Anthropic's guide on thinking, read November 2026.
 */
function thoughtsOf({ opaque }: AssistantMessage, model: string): Kept[] {
  const isForeign = typeof opaque?.model === 'string' && !isSameClaude(opaque.model, model)
  return isForeign ? [] : keptIn(opaque, 'thinking')
}

function turnOf(message: Exclude<TextMessage, { role: 'system' }>, model: string, warnings: Set<string>): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: contentBlocks(message.content, warnings) }
    case 'assistant':
      return {
        role: 'assistant',
        content: interleaved(message, thoughtsOf(message, model), textBlocks, ({ id, name, arguments: written }) => ({
          type: 'tool_use',
          id: wireId(id),
          name,
          input: callInput(written, warnings),
        })),
      }
    case 'tool': {
      const content = contentBlocks(message.content, warnings)
      const result = { type: 'tool_result', tool_use_id: wireId(message.callId), content }
      return { role: 'user', content: [content.length === 0 ? { ...result, content: undefined } : result] }
    }
  }
}

/** Text that is to be continued must not end in white space. */
function trimLast(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.content.at(-1)
  if (last?.role === 'assistant' && typeof block?.text === 'string')
    last.content[last.content.length - 1] = { ...block, text: block.text.trimEnd() }
}

/**
 * A conversation in Anthropic's words: system text apart, the results of tools
 * as the user's, and neither empty messages nor blank text, which are refused.
 * Source: Messages API reference, read November 2026.
 */
export function conversation(
  { messages, model }: Pick<TextCall, 'messages' | 'model'>,
  warn: Set<string>,
): Conversation {
  const system: string[] = []
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      if (turns.length > 0) warn.add('System messages within the conversation were moved to its beginning.')
      if (message.text.trim() !== '') system.push(message.text)
      continue
    }
    const turn = turnOf(message, model, warn)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else if (turn.content.length > 0) turns.push(turn)
  }
  if (turns.length === 0 && system.length > 0) {
    warn.add('The system message was sent as the user’s, because Anthropic wants at least one of the user.')
    return { system: undefined, messages: [{ role: 'user', content: textBlocks(system.join('\n\n')) }] }
  }
  trimLast(turns)
  return { system: system.length === 0 ? undefined : system.join('\n\n'), messages: turns }
}

/** Whether the conversation waits for the model to go on after tool calls whose thoughts have been lost. */
export function lacksThoughts({ messages, model }: Pick<TextCall, 'messages' | 'model'>): boolean {
  if (messages.at(-1)?.role !== 'tool') return false
  const asker = messages.findLast((message) => message.role === 'assistant')
  return asker?.toolCalls !== undefined && asker.toolCalls.length > 0 && thoughtsOf(asker, model).length === 0
}
