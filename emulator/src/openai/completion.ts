import { createHash } from 'node:crypto'
import { freshId, randomFrom } from '../random.ts'
import { generateObject, generateText } from '../text/generate.ts'
import { PatternError } from '../text/pattern.ts'
import type { PromptCache } from '../text/prompt-cache.ts'
import { generateValue } from '../text/schema.ts'
import { countPictureTokens, countTokens, pieces } from '../text/tokens.ts'
import { chooseCalls, type ToolCall } from '../text/tools.ts'
import { topicOf } from '../text/topic.ts'
import { UnsatisfiableError } from '../text/unsatisfiable.ts'
import type { ChatRequest } from './chat-request.ts'
import { badRequest } from './errors.ts'
import type { Message } from './messages.ts'

export interface Choice {
  /** The text in pieces as they are streamed; empty beside tool calls. */
  pieces: string[]
  calls: (ToolCall & { id: string })[]
  finish: 'stop' | 'length' | 'tool_calls'
  /** Tokens of this choice, the hidden reasoning among them. */
  tokens: number
  reasoningTokens: number
}

export interface Completion {
  choices: Choice[]
  promptTokens: number
  cachedTokens: number
}

/** Hidden reasoning, in tokens, by effort. */
const REASONING: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 32,
  medium: 64,
  high: 192,
  xhigh: 384,
  max: 768,
}

/** Tokens that frame a message, and the answer as a whole. */
const MESSAGE_OVERHEAD = 3

function lastUserText(messages: readonly Message[]): string {
  return messages.findLast((message) => message.role === 'user')?.text ?? ''
}

/** Results of the tool messages at the end of the conversation, with the names of the functions called. */
function toolResults(messages: readonly Message[]): { name: string; text: string }[] {
  const results: { name: string; text: string }[] = []
  const end = messages.findLastIndex((message) => message.role !== 'tool')
  for (const message of messages.slice(end + 1)) {
    results.push({ name: messages[end]?.calls.get(message.toolCallId ?? '') ?? 'the tool', text: message.text })
  }
  return results
}

function callTools(request: ChatRequest, seed: string, prompt: string): ToolCall[] {
  const { toolChoice, tools, parallel, messages } = request
  if (toolChoice === 'none') return []
  if (toolChoice === 'auto' && messages.at(-1)?.role !== 'user') return []
  if (typeof toolChoice === 'object') return chooseCalls([toolChoice], prompt, seed, false)
  return chooseCalls(tools, prompt, seed, parallel)
}

function writeText(request: ChatRequest, seed: string, prompt: string): string {
  const { format, messages } = request
  if (format.type === 'json_object') return JSON.stringify(generateObject(seed, prompt))
  if (format.type === 'json_schema') {
    const source = { random: randomFrom(seed), topic: topicOf(prompt), prompt }
    return JSON.stringify(generateValue(format.schema, source))
  }
  return generateText({
    seed,
    prompt,
    toolResults: toolResults(messages),
    pictures: messages.findLast((message) => message.role === 'user')?.pictures.length ?? 0,
    verbosity: request.verbosity,
  })
}

/** The text up to the first stop sequence in it. */
function untilStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((sequence) => text.indexOf(sequence)).filter((at) => at !== -1)
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends))
}

function choose(request: ChatRequest, seed: string, prompt: string): Choice {
  const reasoningTokens = REASONING[request.effort] ?? 0
  const room = (request.maxTokens ?? Number.POSITIVE_INFINITY) - reasoningTokens
  if (room <= 0) {
    const tokens = request.maxTokens ?? 0
    return { pieces: [], calls: [], finish: 'length', tokens, reasoningTokens: tokens }
  }
  const calls = callTools(request, seed, prompt).map((call) => ({ ...call, id: freshId('call_', 24) }))
  if (calls.length > 0) {
    const written = calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.arguments), 0)
    // A forced function ends in `stop`: the model did not decide to call it.
    const finish = typeof request.toolChoice === 'object' ? 'stop' : 'tool_calls'
    return { pieces: [], calls, finish, tokens: reasoningTokens + written, reasoningTokens }
  }
  const all = pieces(untilStop(writeText(request, seed, prompt), request.stop))
  const kept = all.slice(0, room)
  const finish = kept.length < all.length ? 'length' : 'stop'
  return { pieces: kept, calls: [], finish, tokens: reasoningTokens + kept.length, reasoningTokens }
}

function promptTokens(request: ChatRequest): number {
  let tokens = MESSAGE_OVERHEAD
  for (const message of request.messages) {
    tokens += MESSAGE_OVERHEAD + countTokens(message.text)
    for (const picture of message.pictures) tokens += countPictureTokens(picture.width, picture.height, picture.detail)
    for (const name of message.calls.values()) tokens += countTokens(name)
  }
  for (const tool of request.tools) tokens += countTokens(JSON.stringify(tool))
  if (request.format.type === 'json_schema') tokens += countTokens(JSON.stringify(request.format.schema))
  return tokens
}

/**
 * The whole answer to a request. Its content depends only on model, messages,
 * tools, format and seed; ids are fresh.
 *
 * @throws ApiError 400 where the prompt is too long or a schema cannot be satisfied
 */
export function complete(request: ChatRequest, cache: PromptCache): Completion {
  const tokens = promptTokens(request)
  const { model, messages } = request
  if (tokens > model.contextTokens) {
    throw badRequest(
      `This model's maximum context length is ${model.contextTokens} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      'messages',
      'context_length_exceeded',
    )
  }
  const conversation = messages.map((message) => `${message.role}: ${message.text}`).join('\n')
  const seed = createHash('sha256')
    .update(JSON.stringify([model.snapshot, conversation, request.tools, request.format, request.seed]))
    .digest('base64')
  const prompt = lastUserText(messages)
  try {
    const choices = Array.from({ length: request.n }, (_, index) => choose(request, `${seed}:${index}`, prompt))
    return { choices, promptTokens: tokens, cachedTokens: cache.use(model.snapshot, conversation) }
  } catch (error) {
    if (error instanceof PatternError || error instanceof UnsatisfiableError) {
      throw badRequest(`The emulator cannot write a value for this schema. ${error.message}`, 'response_format')
    }
    throw error
  }
}
