import { hash } from 'node:crypto'
import { TurnoutError } from '../../core/error.ts'
import type { ContentPart, Picture, TextCall, TextMessage } from '../../core/text.ts'
import { interleaved, type Kept, keptIn } from '../shared/kept.ts'
import { inlineOf } from '../shared/media.ts'
import { isSameClaude } from '../shared/messages/traits.ts'
import { toReasoningContent } from './thoughts.ts'

export type Block = Readonly<Record<string, unknown>>

export interface Turn {
  role: 'user' | 'assistant'
  content: Block[]
}

const LONGEST_ID = 64

/** Ids of other providers may be too long or have characters that Bedrock refuses; a call and its result get the same one. */
export function wireId(id: string): string {
  const plain = id.replace(/[^a-zA-Z0-9_.:-]/g, '_') || '_'
  return plain.length <= LONGEST_ID ? plain : `${plain.slice(0, 31)}-${hash('sha256', id).slice(0, 32)}`
}

/** Blank text is refused. */
const textBlocks = (text: string): Block[] => (text.trim() === '' ? [] : [{ text }])

const FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'gif', 'webp'])

function imageBlock(picture: Picture, provider: string): Block {
  const { base64, mediaType } = inlineOf(picture, provider)
  const format = mediaType.replace(/^image\//, '').replace('jpg', 'jpeg')
  if (FORMATS.has(format)) return { image: { format, source: { bytes: base64 } } }
  const formats = [...FORMATS].join(', ')
  throw new TurnoutError('invalid_input', `${provider} takes pictures as ${formats}, not as ${mediaType}.`, {
    provider,
    param: 'messages',
    delivered: false,
  })
}

function contentBlocks(content: readonly ContentPart[], provider: string, warn: Set<string>): Block[] {
  const blocks: Block[] = []
  for (const part of content) {
    if (part.type === 'text') {
      blocks.push(...textBlocks(part.text))
      continue
    }
    if (part.detail !== undefined && part.detail !== 'auto')
      warn.add('Converse has no levels of detail for pictures; detail was left out.')
    blocks.push(imageBlock(part.picture, provider))
  }
  return blocks
}

/** The arguments as the object that the wire wants; text that is none goes as the only member of one. */
function callInput(written: string, warn: Set<string>): Block {
  if (written.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(written)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Block
  } catch {}
  warn.add('Arguments of an earlier tool call that are not a JSON object were sent as the text they are.')
  return { arguments: written }
}

type AssistantMessage = Extract<TextMessage, { role: 'assistant' }>

/** The signed thoughts that have come back with a message; none where another model had them. */
function thoughtsOf({ opaque }: AssistantMessage, model: string): Kept[] {
  if (typeof opaque?.model === 'string' && !isSameClaude(opaque.model, model)) return []
  return keptIn(opaque, 'thinking').map(({ item, place }) => ({ item: toReasoningContent(item), place }))
}

function turnOf(
  message: Exclude<TextMessage, { role: 'system' }>,
  model: string,
  provider: string,
  warn: Set<string>,
): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: contentBlocks(message.content, provider, warn) }
    case 'assistant':
      return {
        role: 'assistant',
        content: interleaved(message, thoughtsOf(message, model), textBlocks, ({ id, name, arguments: written }) => ({
          toolUse: { toolUseId: wireId(id), name, input: callInput(written, warn) },
        })),
      }
    case 'tool': {
      const content = contentBlocks(message.content, provider, warn)
      return { role: 'user', content: [{ toolResult: { toolUseId: wireId(message.callId), content } }] }
    }
  }
}

/** Text that is to be continued must not end in white space. */
function trimLast(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.content.at(-1)
  if (last?.role === 'assistant' && typeof block?.text === 'string')
    last.content[last.content.length - 1] = { text: block.text.trimEnd() }
}

/**
 * A conversation in Converse's words: system text apart, the results of tools
 * as the user's, turns that alternate, and neither empty messages nor blank
 * text, which are refused.
 * Source: Bedrock API reference, Converse, read November 2026.
 */
export function conversation(
  { messages, model }: Pick<TextCall, 'messages' | 'model'>,
  provider: string,
  warn: Set<string>,
): { system: Block[]; messages: Turn[] } {
  const system: Block[] = []
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      if (turns.length > 0) warn.add('System messages within the conversation were moved to its beginning.')
      system.push(...textBlocks(message.text))
      continue
    }
    const turn = turnOf(message, model, provider, warn)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else if (turn.content.length > 0) turns.push(turn)
  }
  if (turns.length === 0 && system.length > 0) {
    warn.add('The system message was sent as the user’s, because Converse wants at least one of the user.')
    return { system: [], messages: [{ role: 'user', content: system }] }
  }
  trimLast(turns)
  return { system, messages: turns }
}
