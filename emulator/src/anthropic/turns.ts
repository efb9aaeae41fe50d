import { decodePicture } from '../picture/probe.ts'
import type { Turn } from '../text/compose.ts'
import type { JsonObject } from '../types.ts'
import { invalid } from './errors.ts'

interface Block extends JsonObject {
  type: string
}

/** A message with its content as blocks. */
interface Message {
  role: 'user' | 'assistant'
  blocks: Block[]
}

export interface Picture {
  width: number
  height: number
}

/** The size that a picture behind a URL is taken to have: the emulator fetches nothing. */
const UNSEEN: Picture = { width: 1024, height: 1024 }

const NONE: ReadonlyMap<string, string> = new Map()

function blocksOf(content: unknown): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as Block[])
}

function readPicture(block: JsonObject, at: string): Picture {
  const { type, data, media_type } = block.source as { type: string; data: string; media_type: string }
  if (type !== 'base64') return UNSEEN
  const probe = decodePicture(data)
  if (!probe) throw invalid(`${at}.image.source.base64.data: Could not process image`)
  if (probe.mimeType !== media_type) {
    throw invalid(
      `${at}.image.source.base64.data: The image was specified using the ${media_type} media type, but the image appears to be a ${probe.mimeType} image`,
    )
  }
  return probe
}

function textOf(blocks: readonly Block[]): string {
  return blocks
    .filter((block) => block.type === 'text')
    .map((block) => block.text as string)
    .join('\n')
}

const idsOf = (blocks: readonly Block[], type: string, key: string): string[] =>
  blocks.filter((block) => block.type === type).map((block) => block[key] as string)

/** Every tool_use is answered at the beginning of the next message, and every tool_result answers one. */
function checkPairs(messages: readonly Message[]): void {
  let open: string[] = []
  for (const [index, { role, blocks }] of messages.entries()) {
    const at = `messages.${index}`
    const answered = idsOf(blocks, 'tool_result', 'tool_use_id')
    if (role === 'assistant' && answered.length > 0) {
      throw invalid(`${at}: \`tool_result\` blocks can only be in \`user\` messages`)
    }
    if (role === 'user' && blocks.some((block) => block.type === 'tool_use')) {
      throw invalid(`${at}: \`tool_use\` blocks can only be in \`assistant\` messages`)
    }
    const stray = answered.find((id) => !open.includes(id))
    if (stray !== undefined) {
      throw invalid(
        `${at}.content.${blocks.findIndex((block) => block.tool_use_id === stray)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
    }
    const left = open.filter((id) => !answered.includes(id))
    if (left.length > 0) {
      throw invalid(
        `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${left.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      )
    }
    const firstOther = blocks.findIndex((block) => block.type !== 'tool_result')
    if (firstOther !== -1 && blocks.slice(firstOther).some((block) => block.type === 'tool_result')) {
      throw invalid(`${at}: \`tool_result\` blocks must come first in the content of a message`)
    }
    open = idsOf(blocks, 'tool_use', 'id')
    if (new Set(open).size < open.length) throw invalid(`${at}: \`tool_use\` ids must be unique`)
  }
  if (open.length > 0) {
    throw invalid(
      `messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    )
  }
}

function turnsOf({ role, blocks }: Message, at: string): Turn[] {
  const pictures = blocks.flatMap((block, index) =>
    block.type === 'image' ? [readPicture(block, `${at}.content.${index}`)] : [],
  )
  const results = blocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => ({
      role: 'tool',
      text: textOf(blocksOf(block.content ?? [])),
      pictures: [],
      toolCallId: block.tool_use_id as string,
      calls: NONE,
    }))
  const uses = blocks.filter((block) => block.type === 'tool_use')
  const calls = new Map(uses.map((block) => [block.id as string, block.name as string]))
  const text = textOf(blocks)
  if (results.length > 0 && text === '' && pictures.length === 0) return results
  return [...results, { role, text, pictures, toolCallId: undefined, calls }]
}

/**
 * The conversation as turns. Messages of one role in a row count as one, as the API joins them.
 *
 * @throws Refusal 400 for an order or a pairing that the API refuses
 */
export function readTurns(system: unknown, raw: readonly JsonObject[]): Turn[] {
  const messages: Message[] = []
  for (const [index, { role, content }] of raw.entries()) {
    const blocks = blocksOf(content)
    const last = index === raw.length - 1
    if (blocks.length === 0 || (content === '' && !(last && role === 'assistant'))) {
      throw invalid(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      )
    }
    const before = messages.at(-1)
    if (before && before.role === role) before.blocks.push(...blocks)
    else messages.push({ role: role as Message['role'], blocks: [...blocks] })
  }
  if (messages[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role')
  checkPairs(messages)
  const first: Turn[] =
    system === undefined
      ? []
      : [{ role: 'system', text: textOf(blocksOf(system)), pictures: [], toolCallId: undefined, calls: NONE }]
  return [...first, ...messages.flatMap((message, index) => turnsOf(message, `messages.${index}`))]
}
