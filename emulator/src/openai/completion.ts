import { freshId } from '../random.ts'
import { compose, promptTokens, seedOf, transcript } from '../text/compose.ts'
import { countPictureTokens } from '../text/tokens.ts'
import type { ToolCall } from '../text/tools.ts'
import { writing } from '../text/unwritable.ts'
import type { World } from '../types.ts'
import type { ChatRequest } from './chat-request.ts'
import { badRequest } from './errors.ts'
import { reasoningTokensOf } from './reasoning.ts'

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

function choose(request: ChatRequest, seed: string, script: string | undefined): Choice {
  const reasoningTokens = reasoningTokensOf(request.effort)
  const room = (request.maxTokens ?? Number.POSITIVE_INFINITY) - reasoningTokens
  if (room <= 0) {
    const tokens = request.maxTokens ?? 0
    return { pieces: [], calls: [], finish: 'length', tokens, reasoningTokens: tokens }
  }
  const { messages: turns, tools, toolChoice, parallel, format, stop, verbosity } = request
  const written = compose({ seed, turns, tools, toolChoice, parallel, format, stop, room, verbosity, script })
  // A forced function ends in `stop`: the model did not decide to call it.
  const called = typeof toolChoice === 'object' ? 'stop' : 'tool_calls'
  return {
    pieces: written.pieces,
    calls: written.calls.map((call) => ({ ...call, id: freshId('call_', 24) })),
    finish: written.finish === 'tools' ? called : written.finish,
    tokens: reasoningTokens + written.tokens,
    reasoningTokens,
  }
}

function inputTokens({ messages, tools, format }: ChatRequest): number {
  let tokens = promptTokens(messages, tools, format)
  for (const message of messages) {
    for (const picture of message.pictures) tokens += countPictureTokens(picture.width, picture.height, picture.detail)
  }
  return tokens
}

/**
 * The whole answer to a request. Its content depends only on model, messages,
 * tools, format and seed; ids are fresh.
 *
 * @throws ApiError 400 where the prompt is too long or a schema cannot be satisfied
 */
export function complete(
  request: ChatRequest,
  { promptCache, script }: Pick<World, 'promptCache' | 'script'>,
): Completion {
  const tokens = inputTokens(request)
  const { model, messages } = request
  if (tokens > model.contextTokens) {
    throw badRequest(
      `This model's maximum context length is ${model.contextTokens} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      'messages',
      'context_length_exceeded',
    )
  }
  const conversation = transcript(messages)
  const seed = seedOf(model.snapshot, conversation, request.tools, request.format, request.seed)
  return writing(
    () => {
      const choices = Array.from({ length: request.n }, (_, index) =>
        choose(request, `${seed}:${index}`, script.take(model.id)),
      )
      return { choices, promptTokens: tokens, cachedTokens: promptCache.use(model.snapshot, conversation) }
    },
    (message) => badRequest(message, 'response_format'),
  )
}
