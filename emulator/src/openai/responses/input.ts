import { isObject } from '../../json.ts'
import { probeDataUrl } from '../../picture/probe.ts'
import type { Turn } from '../../text/compose.ts'
import type { JsonObject } from '../../types.ts'
import { badRequest } from '../errors.ts'
import { checkFields, invalidValue, missing } from '../validate.ts'
import { ITEM_FIELDS, PART_FIELDS } from './fields.ts'

export interface Picture {
  width: number
  height: number
  detail: string
}

const NONE: ReadonlyMap<string, string> = new Map()

/** What a role may say. */
const PARTS_OF: Readonly<Record<string, readonly string[]>> = {
  user: ['input_text', 'input_image'],
  system: ['input_text'],
  developer: ['input_text'],
  assistant: ['output_text', 'refusal'],
}

function readPicture(part: JsonObject, at: string): Picture {
  const detail = (part.detail as string | null | undefined) ?? 'auto'
  const url = part.image_url
  if (typeof url !== 'string') throw missing(`${at}.image_url`)
  if (!url.startsWith('data:')) return { width: 1024, height: 1024, detail }
  const probe = probeDataUrl(url)
  if (!probe) {
    throw badRequest(
      "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid value.".replace(
        'input[0].content[0]',
        at,
      ),
      at,
      'invalid_value',
    )
  }
  return { ...probe, detail }
}

function readMessage(item: JsonObject, at: string): Turn {
  const { role, content } = item as { role: string; content: string | JsonObject[] }
  const turn = { role, toolCallId: undefined, calls: NONE }
  if (typeof content === 'string') return { ...turn, text: content, pictures: [] }
  const allowed = PARTS_OF[role] ?? []
  const texts: string[] = []
  const pictures: Picture[] = []
  for (const [index, part] of content.entries()) {
    const place = `${at}.content[${index}]`
    if (part.type === undefined) throw missing(`${place}.type`)
    if (!allowed.includes(part.type as string)) throw invalidValue(part.type, allowed, `${place}.type`)
    checkFields(PART_FIELDS[part.type as string] ?? {}, part, place)
    if (part.type === 'input_image') pictures.push(readPicture(part, place))
    else texts.push(String(part.text ?? ''))
  }
  return { ...turn, text: texts.join('\n'), pictures }
}

/** Every output answers a call before it, and every call is answered. */
function checkCalls(items: readonly JsonObject[]): void {
  const calls = items.filter(({ type }) => type === 'function_call').map((item) => item.call_id)
  const outputs = items.filter(({ type }) => type === 'function_call_output').map((item) => item.call_id)
  const stray = outputs.find((id) => !calls.includes(id))
  if (stray) throw badRequest(`No tool call found for function call output with call_id ${String(stray)}.`, 'input')
  const open = calls.find((id) => !outputs.includes(id))
  if (open) throw badRequest(`No tool output found for function call ${String(open)}.`, 'input')
}

/** @throws ApiError 400 for an item, a part or an order that the API refuses */
export function readInput(input: unknown): Turn[] {
  if (typeof input === 'string') {
    return [{ role: 'user', text: input, pictures: [], toolCallId: undefined, calls: NONE }]
  }
  const items = input as JsonObject[]
  const turns: Turn[] = []
  for (const [index, item] of items.entries()) {
    const at = `input[${index}]`
    const type = item.type ?? 'message'
    const fields = typeof type === 'string' && Object.hasOwn(ITEM_FIELDS, type) ? ITEM_FIELDS[type] : undefined
    if (!fields) throw invalidValue(type, Object.keys(ITEM_FIELDS), `${at}.type`)
    checkFields(fields, item, at)
    if (type === 'message') turns.push(readMessage(item, at))
    else if (type === 'function_call') addCall(turns, item)
    else if (type === 'function_call_output') turns.push(resultTurn(item))
  }
  checkCalls(items)
  return turns
}

/** Calls in a row are those of one turn. */
function addCall(turns: Turn[], { call_id, name }: JsonObject): void {
  const before = turns.at(-1)
  const calls = new Map([...(before?.calls ?? []), [call_id as string, name as string]])
  if (before?.role === 'assistant') turns[turns.length - 1] = { ...before, calls }
  else turns.push({ role: 'assistant', text: '', pictures: [], toolCallId: undefined, calls })
}

function resultTurn({ call_id, output }: JsonObject): Turn {
  const text = typeof output === 'string' ? output : (output as unknown[]).map(textOf).join('\n')
  return { role: 'tool', text, pictures: [], toolCallId: call_id as string, calls: NONE }
}

const textOf = (part: unknown): string => (isObject(part) && typeof part.text === 'string' ? part.text : '')
