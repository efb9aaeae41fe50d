import type { ChatMessage } from '@turnout/contract'
import { readableTypeOf } from '../../lib/media-type.ts'
import { isObject } from '../../lib/objects.ts'
import { TurnoutError } from '../error.ts'
import type { ContentPart, Picture, TextMessage, ToolCall } from '../text.ts'
import { readExtraContent } from './extra-content.ts'

type UserPart = Exclude<Extract<ChatMessage, { role: 'user' }>['content'], string>[number]
type Assistant = Extract<ChatMessage, { role: 'assistant' }>

const cannot = (what: string, param: string): TurnoutError =>
  new TurnoutError('capability_missing', `The model does not take ${what}.`, { param })

const DATA_URL = /^data:([^,;]+)(?:;[^,;]+)*?;base64,/i
/** No media type with its parameters is longer. */
const LONGEST_HEAD = 200

/** How much base64 tells what a picture is. */
const TELLING = 344

/**
 * A picture as it was given: base64 is cut out of its data URL, not written
 * anew. Its type is what its bytes say, because some providers refuse pictures
 * that are called by a wrong one.
 */
function readPicture(url: string, param: string): Picture {
  const data = DATA_URL.exec(url.slice(0, LONGEST_HEAD))
  if (data) {
    const base64 = url.slice(data[0].length)
    const mediaType = readableTypeOf(Buffer.from(base64.slice(0, TELLING), 'base64')) ?? data[1]!.toLowerCase()
    return { mediaType, base64 }
  }
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return { url }
  throw new TurnoutError('invalid_input', `${param} must be an http(s) URL or a data URL in base64.`, { param })
}

const textOf = (content: string | readonly { text?: string; refusal?: string }[] | null | undefined): string =>
  typeof content === 'string' ? content : (content ?? []).map(({ text, refusal }) => text ?? refusal ?? '').join('')

function readPart(part: UserPart, param: string): ContentPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image_url': {
      const { url, detail } = part.image_url
      return { type: 'image', picture: readPicture(url, `${param}.image_url.url`), detail }
    }
    case 'input_audio':
      throw cannot('audio', param)
    case 'file':
      throw cannot('files', param)
  }
}

const readContent = (content: string | readonly UserPart[], param: string): ContentPart[] =>
  typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : content.map((part, i) => readPart(part, `${param}.content[${i}]`))

function readToolCall(call: NonNullable<Assistant['tool_calls']>[number], param: string, provider: string): ToolCall {
  if (call.type !== 'function') throw cannot('calls of custom tools', param)
  const { name, arguments: written } = isObject(call.function) ? call.function : {}
  if (typeof name !== 'string' || typeof written !== 'string') {
    throw new TurnoutError('invalid_input', `${param}.function must have a name and arguments, both of them text.`, {
      param: `${param}.function`,
    })
  }
  const opaque = readExtraContent(call.extra_content, provider)
  return { id: call.id, name, arguments: written, ...(opaque && { opaque }) }
}

function readAssistant(message: Assistant, param: string, provider: string): TextMessage {
  if (isObject(message.audio)) throw cannot('audio', `${param}.audio`)
  if (isObject(message.function_call)) throw cannot('function_call; use tool_calls', `${param}.function_call`)
  const { refusal } = message
  const opaque = readExtraContent(message.extra_content, provider)
  const toolCalls = message.tool_calls?.map((call, i) => readToolCall(call, `${param}.tool_calls[${i}]`, provider))
  return {
    role: 'assistant',
    text: textOf(message.content) || (typeof refusal === 'string' ? refusal : ''),
    ...(toolCalls?.length && { toolCalls }),
    ...(opaque && { opaque }),
  }
}

/**
 * A message of OpenAI's dialect in no provider's words.
 *
 * @param provider Whose `extra_content` is read.
 * @throws TurnoutError capability_missing, invalid_input with the path of what is at fault
 */
export function readMessage(message: ChatMessage, param: string, provider: string): TextMessage {
  switch (message.role) {
    case 'developer':
    case 'system':
      return { role: 'system', text: textOf(message.content) }
    case 'user':
      return { role: 'user', content: readContent(message.content, param) }
    case 'assistant':
      return readAssistant(message, param, provider)
    case 'tool':
      return { role: 'tool', callId: message.tool_call_id, content: readContent(message.content, param) }
    case 'function':
      throw cannot('the function role; use tools', `${param}.role`)
  }
}
