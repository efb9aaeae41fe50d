import { invalid } from '../aws/errors.ts'
import { decodePicture } from '../picture/probe.ts'
import type { Turn } from '../text/compose.ts'
import type { JsonObject } from '../types.ts'

interface Block {
  text?: string
  image?: { format: string; source: { bytes?: string } }
  toolUse?: { toolUseId: string; name: string }
  toolResult?: { toolUseId: string; content: { text?: string; json?: unknown }[] }
}

interface Message {
  role: 'user' | 'assistant'
  content: Block[]
}

const NONE: ReadonlyMap<string, string> = new Map()

function checkBlocks({ role, content }: Message, at: string): void {
  if (content.length === 0) {
    throw invalid(
      `The content field in the Message object at ${at} is empty. Add a ContentBlock object to the content field and try again.`,
    )
  }
  for (const [index, block] of content.entries()) {
    if (block.text !== undefined && block.text.trim() === '') {
      throw invalid(
        `The text field in the ContentBlock object at ${at}.content.${index} is blank. Add text to the text field, and try again.`,
      )
    }
    if (role === 'assistant' && (block.image || block.toolResult)) {
      throw invalid('An image or a tool result can only be in a message of the user.')
    }
    if (role === 'user' && block.toolUse) throw invalid('A tool use can only be in a message of the assistant.')
  }
}

/** As many results as uses, directly after them. */
function checkPairs(messages: readonly Message[]): void {
  let open: string[] = []
  for (const [index, { content }] of messages.entries()) {
    const answered = content.flatMap(({ toolResult }) => (toolResult ? [toolResult.toolUseId] : []))
    if (answered.some((id) => !open.includes(id)) || answered.length > open.length) {
      throw invalid(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      )
    }
    const left = open.filter((id) => !answered.includes(id))
    if (left.length > 0) {
      throw invalid(`Expected toolResult blocks at messages.${index}.content for the following Ids: ${left.join(', ')}`)
    }
    open = content.flatMap(({ toolUse }) => (toolUse ? [toolUse.toolUseId] : []))
  }
  if (open.length > 0) {
    throw invalid(
      `Expected toolResult blocks at messages.${messages.length}.content for the following Ids: ${open.join(', ')}`,
    )
  }
}

function readPicture({ image }: Block): unknown[] {
  if (!image) return []
  const probe = image.source.bytes === undefined ? undefined : decodePicture(image.source.bytes)
  if (image.source.bytes !== undefined && probe?.mimeType !== `image/${image.format}`) {
    throw invalid('The model returned the following errors: Could not process image')
  }
  return [probe]
}

function turnsOf(message: Message): Turn[] {
  const { role, content } = message
  const results = content.flatMap(({ toolResult }) => (toolResult ? [toolResult] : []))
  const tools = results.map((result) => ({
    role: 'tool',
    text: result.content.map(({ text, json }) => text ?? JSON.stringify(json ?? '')).join('\n'),
    pictures: [],
    toolCallId: result.toolUseId,
    calls: NONE,
  }))
  const text = content.flatMap((block) => block.text ?? []).join('\n')
  const pictures = content.flatMap(readPicture)
  if (tools.length > 0 && text === '' && pictures.length === 0) return tools
  const calls = new Map(content.flatMap(({ toolUse }) => (toolUse ? [[toolUse.toolUseId, toolUse.name] as const] : [])))
  return [...tools, { role, text, pictures, toolCallId: undefined, calls }]
}

/** @throws Refusal 400 for a conversation that Converse refuses */
export function readTurns({ system, messages: raw, toolConfig }: JsonObject): Turn[] {
  const messages = raw as Message[]
  if (messages[0]?.role !== 'user') {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  }
  for (const [index, message] of messages.entries()) {
    checkBlocks(message, `messages.${index}`)
    if (message.role !== messages[index - 1]?.role) continue
    throw invalid(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    )
  }
  checkPairs(messages)
  const usesTools = messages.some(({ content }) => content.some((block) => block.toolUse || block.toolResult))
  if (usesTools && toolConfig === undefined) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  }
  const text = ((system ?? []) as { text?: string }[]).flatMap((block) => block.text ?? []).join('\n')
  const first: Turn[] = text === '' ? [] : [{ role: 'system', text, pictures: [], toolCallId: undefined, calls: NONE }]
  return [...first, ...messages.flatMap(turnsOf)]
}
