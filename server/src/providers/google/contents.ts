import { TurnoutError } from '../../core/error.ts'
import type { ContentPart, Picture, TextMessage, ToolCall } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { parseJson } from '../shared/failure.ts'
import { isGemini3 } from './thinking.ts'

export type Part = Record<string, unknown>
interface Content {
  role: 'user' | 'model'
  parts: Part[]
}

/**
 * Stands for a signature that a conversation does not have, because another
 * model made the call or the client lost it. Gemini 3 refuses the first call
 * of a turn without one. Source: Gemini API, thought signatures guide, read November 2026.
 */
const NO_SIGNATURE = 'skip_thought_signature_validator'

/** A picture inside the request. @throws TurnoutError invalid_input for one that Google would have to fetch */
export function inline(picture: Picture): Extract<Picture, { base64: string }> {
  if ('base64' in picture) return picture
  throw new TurnoutError('invalid_input', 'Google takes pictures inside the request only, not by their URL.')
}

export function inlinePart(picture: Picture): Part {
  const { base64, mediaType } = inline(picture)
  return { inlineData: { mimeType: mediaType, data: base64 } }
}

const wirePart = (part: ContentPart): Part => (part.type === 'text' ? { text: part.text } : inlinePart(part.picture))

const signatureOf = (opaque: ToolCall['opaque']): string | undefined =>
  typeof opaque?.thoughtSignature === 'string' ? opaque.thoughtSignature : undefined

function wireCall({ id, name, arguments: written, opaque }: ToolCall, at: number): Part {
  const args = written.trim() === '' ? {} : parseJson(written)
  if (!isObject(args)) {
    throw new TurnoutError('invalid_input', `The arguments of tool call ${id} are not a JSON object.`, {
      param: `messages[${at}].tool_calls`,
    })
  }
  return { functionCall: { id, name, args }, thoughtSignature: signatureOf(opaque) }
}

function modelParts(message: Extract<TextMessage, { role: 'assistant' }>, at: number, needsSignature: boolean): Part[] {
  const calls = (message.toolCalls ?? []).map((call) => wireCall(call, at))
  // Of calls made together, only the first is signed.
  if (needsSignature && calls.every(({ thoughtSignature }) => thoughtSignature === undefined) && calls[0]) {
    calls[0].thoughtSignature = NO_SIGNATURE
  }
  const thoughtSignature = signatureOf(message.opaque)
  return message.text === '' ? calls : [{ text: message.text, thoughtSignature }, ...calls]
}

/** The result of a tool; pictures go with it, since Gemini 3 inside it and before that beside it. */
function resultParts(content: readonly ContentPart[], id: string, name: string, holdsPictures: boolean): Part[] {
  const output = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const pictures = content.flatMap((part) => (part.type === 'image' ? [inlinePart(part.picture)] : []))
  const inside = holdsPictures && pictures.length > 0 ? pictures : undefined
  return [{ functionResponse: { id, name, response: { output }, parts: inside } }, ...(inside ? [] : pictures)]
}

/**
 * A conversation as `contents`, and its system messages as one instruction.
 * Results of tools that were called together stand together, as Google wants.
 *
 * @throws TurnoutError invalid_input where a tool message answers no call
 */
export function wireContents(
  messages: readonly TextMessage[],
  model: string,
): { contents: Content[]; system: Part[]; movedSystem: boolean } {
  const isNewer = isGemini3(model)
  const contents: Content[] = []
  const system: Part[] = []
  const names = new Map<string, string>()
  let movedSystem = false
  let results: Part[] | undefined
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      const name = names.get(message.callId)
      if (name === undefined) {
        throw new TurnoutError('invalid_input', `No message before it has made the tool call ${message.callId}.`, {
          param: `messages[${at}].tool_call_id`,
        })
      }
      const parts = resultParts(message.content, message.callId, name, isNewer)
      if (results) results.push(...parts)
      else {
        results = parts
        contents.push({ role: 'user', parts })
      }
      continue
    }
    if (message.role === 'system') {
      movedSystem ||= contents.length > 0
      system.push({ text: message.text })
      continue
    }
    results = undefined
    if (message.role === 'user') contents.push({ role: 'user', parts: message.content.map(wirePart) })
    else {
      for (const call of message.toolCalls ?? []) names.set(call.id, call.name)
      const parts = modelParts(message, at, isNewer)
      if (parts.length > 0) contents.push({ role: 'model', parts })
    }
  }
  return { contents, system, movedSystem }
}
