import { decodePicture } from '../picture/probe.ts'
import type { Turn } from '../text/compose.ts'
import type { JsonObject } from '../types.ts'
import { invalid } from './errors.ts'
import type { GoogleModel } from './models.ts'

interface Named {
  id?: string
  name: string
}

export interface Part {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  inlineData?: { mimeType: string; data: string }
  fileData?: JsonObject
  functionCall?: Named & { args?: JsonObject }
  functionResponse?: Named & { response: JsonObject }
}

export interface Content {
  role?: string
  parts?: Part[]
}

const NONE: ReadonlyMap<string, string> = new Map()

const callsOf = (content: Content | undefined): Named[] =>
  (content?.parts ?? []).flatMap((part) => (part.functionCall ? [part.functionCall] : []))
const responsesOf = (content: Content | undefined) =>
  (content?.parts ?? []).flatMap((part) => (part.functionResponse ? [part.functionResponse] : []))

/** As many responses as calls, directly after them; calls only after a user's turn or responses. */
function checkCalls(contents: readonly Content[]): void {
  for (const [index, content] of contents.entries()) {
    const calls = callsOf(content)
    const responses = responsesOf(content)
    if (calls.length > 0 && (index === 0 || contents[index - 1]?.role === 'model')) {
      throw invalid(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      )
    }
    if (calls.length > 0 && index + 1 < contents.length && responsesOf(contents[index + 1]).length !== calls.length) {
      throw invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    }
    if (responses.length > 0 && callsOf(contents[index - 1]).length === 0) {
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.')
    }
  }
}

/**
 * Models that think want the signature of their thoughts back with the first call of each step of the current turn.
 * Source: Gemini API docs, Thought signatures.
 */
function checkSignatures(contents: readonly Content[], model: GoogleModel): void {
  if (!model.levels) return
  const start = contents.findLastIndex((content) => content.role !== 'model' && responsesOf(content).length === 0)
  for (const [index, content] of contents.entries()) {
    const first = content.parts?.findIndex((part) => part.functionCall) ?? -1
    if (index <= start || first === -1 || content.parts?.[first]?.thoughtSignature) continue
    throw invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`${content.parts?.[first]?.functionCall?.name}\`, position ${index + 1}.`,
    )
  }
}

function readPicture({ inlineData }: Part): unknown[] {
  if (!inlineData) return []
  const { mimeType, data } = inlineData
  if (!/^(image|audio|video|application|text)\/[\w.+-]+$/.test(mimeType)) {
    throw invalid(`Unsupported MIME type: ${mimeType}`)
  }
  if (!mimeType.startsWith('image/')) return []
  const probe = decodePicture(data)
  if (!probe)
    throw invalid(
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    )
  return [{ ...probe, data }]
}

function turnsOf(content: Content, before: Content | undefined): Turn[] {
  const parts = content.parts ?? []
  const text = parts
    .filter((part) => part.text !== undefined && part.thought !== true)
    .map((part) => part.text)
    .join('\n')
  const keyOf = ({ id, name }: Named, index: number): string => id ?? `${name}:${index}`
  if (content.role === 'model') {
    const calls = new Map(callsOf(content).map((call, index) => [keyOf(call, index), call.name]))
    return [{ role: 'assistant', text, pictures: [], toolCallId: undefined, calls }]
  }
  const called = callsOf(before)
  const results = responsesOf(content).map((response, index) => {
    const match = called[index]
    if (match && match.name !== response.name && response.id === undefined) {
      throw invalid(`Function response '${response.name}' does not answer function call '${match.name}'.`)
    }
    return {
      role: 'tool',
      text: JSON.stringify(response.response),
      pictures: [],
      toolCallId: keyOf(match ?? response, index),
      calls: NONE,
    }
  })
  const pictures = parts.flatMap(readPicture)
  if (results.length > 0 && text === '') return results
  return [...results, { role: 'user', text, pictures, toolCallId: undefined, calls: NONE }]
}

/** @throws Refusal 400 for a role, a part or an order that the API refuses */
export function readContents(system: Content | undefined, contents: readonly Content[], model: GoogleModel): Turn[] {
  if (contents.length === 0) throw invalid('* GenerateContentRequest.contents: contents is not specified\n')
  for (const [index, { role, parts = [] }] of contents.entries()) {
    if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function') {
      throw invalid('Please use a valid role: user, model.')
    }
    if (parts.length === 0) {
      throw invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`)
    }
  }
  checkCalls(contents)
  checkSignatures(contents, model)
  const text = system?.parts?.map((part) => part.text ?? '').join('\n')
  const first: Turn[] =
    text === undefined ? [] : [{ role: 'system', text, pictures: [], toolCallId: undefined, calls: NONE }]
  return [...first, ...contents.flatMap((content, index) => turnsOf(content, contents[index - 1]))]
}
