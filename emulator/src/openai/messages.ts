import { isObject } from '../json.ts'
import { probeDataUrl } from '../picture/probe.ts'
import type { JsonObject } from '../types.ts'
import { PARTS, ROLES } from './chat-fields.ts'
import { badRequest } from './errors.ts'
import { checkFields, invalidValue, missing } from './validate.ts'

interface Picture {
  detail: string
  width: number
  height: number
}

/** A message as the generator reads it. */
export interface Message {
  role: string
  text: string
  pictures: Picture[]
  toolCallId: string | undefined
  /** Names of the functions that an assistant message called, by call id. */
  calls: ReadonlyMap<string, string>
}

/** The size that a picture behind an https URL is taken to have: the emulator fetches nothing. */
const UNSEEN = { width: 1024, height: 1024 }

function readPicture(part: JsonObject, path: string): Picture {
  const { url, detail = 'auto' } = part.image_url as { url: string; detail?: string }
  if (url.startsWith('data:')) {
    const probe = probeDataUrl(url)
    if (!probe) {
      throw badRequest(
        "You uploaded an unsupported image. Make sure your image has one of the following formats: ['png', 'jpeg', 'gif', 'webp'].",
        `${path}.image_url.url`,
        'invalid_image_format',
      )
    }
    return { detail, width: probe.width, height: probe.height }
  }
  const parsed = URL.parse(url)
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') || parsed.hostname === '') {
    throw badRequest(
      `Invalid '${path}.image_url.url'. Expected a valid URL, but got a value with an invalid format.`,
      `${path}.image_url.url`,
      'invalid_value',
    )
  }
  return { detail, ...UNSEEN }
}

function readParts(parts: unknown[], allowed: readonly string[], path: string): { text: string; pictures: Picture[] } {
  const texts: string[] = []
  const pictures: Picture[] = []
  for (const [index, part] of parts.entries()) {
    const at = `${path}[${index}]`
    if (!isObject(part)) {
      throw badRequest(
        `Invalid type for '${at}': expected an object, but got another type instead.`,
        at,
        'invalid_type',
      )
    }
    if (part.type === undefined) throw missing(`${at}.type`)
    const fields = typeof part.type === 'string' && allowed.includes(part.type) ? PARTS[part.type] : undefined
    if (!fields) throw invalidValue(part.type, allowed, `${at}.type`)
    checkFields(fields, part, at)
    if (part.type === 'text') texts.push(part.text as string)
    else if (part.type === 'image_url') pictures.push(readPicture(part, at))
    else if (part.type !== 'refusal') {
      throw badRequest(`The emulator does not take content parts of type '${String(part.type)}'.`, at, 'invalid_value')
    }
  }
  return { text: texts.join('\n'), pictures }
}

function readMessage(raw: JsonObject, path: string): Message {
  if (raw.role === undefined) throw missing(`${path}.role`)
  const role = typeof raw.role === 'string' && Object.hasOwn(ROLES, raw.role) ? ROLES[raw.role] : undefined
  if (!role) throw invalidValue(raw.role, Object.keys(ROLES), `${path}.role`)
  checkFields(role.fields, raw, path)
  if (raw.role === 'assistant' && (raw.content === undefined || raw.content === null) && !raw.tool_calls) {
    throw missing(`${path}.content`)
  }
  const body = Array.isArray(raw.content)
    ? readParts(raw.content, role.parts, `${path}.content`)
    : { text: (raw.content as string | null | undefined) ?? '', pictures: [] }
  const calls = (raw.tool_calls ?? []) as { id: string; function: { name: string } }[]
  return {
    role: raw.role as string,
    ...body,
    toolCallId: raw.tool_call_id as string | undefined,
    calls: new Map(calls.map((call) => [call.id, call.function.name])),
  }
}

/** Every tool message answers a call of the assistant message before it, and every call is answered. */
function checkOrder(messages: readonly Message[]): void {
  let open = new Map<string, string>()
  let expectsTool = false
  for (const [index, message] of messages.entries()) {
    const param = `messages.[${index}].role`
    if (message.role === 'tool') {
      if (!expectsTool) {
        throw badRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          param,
        )
      }
      if (!open.delete(message.toolCallId ?? '')) {
        throw badRequest(
          `Invalid parameter: 'tool_call_id' of '${message.toolCallId}' not found in 'tool_calls' of previous message.`,
          `messages.[${index}].tool_call_id`,
        )
      }
      continue
    }
    checkAnswered(open, param)
    open = new Map(message.calls)
    expectsTool = open.size > 0
  }
  checkAnswered(open, `messages.[${messages.length}].role`)
}

function checkAnswered(open: ReadonlyMap<string, string>, param: string): void {
  if (open.size === 0) return
  throw badRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open.keys()].join(', ')}`,
    param,
  )
}

/** @throws ApiError 400 for a message, a part or an order that the API refuses. */
export function readMessages(raw: readonly JsonObject[]): Message[] {
  const messages = raw.map((message, index) => readMessage(message, `messages[${index}]`))
  checkOrder(messages)
  return messages
}
