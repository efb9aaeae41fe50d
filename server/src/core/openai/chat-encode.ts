import type { FinishReason, Switched, Usage } from '@turnout/contract'
import type { TextEnd, TextPart, TextResult, ToolCall } from '../text.ts'
import { writeExtraContent } from './extra-content.ts'

/** What all chunks of an answer have in common. */
export interface AnswerIdentity {
  id: string
  /** Seconds since 1970. */
  created: number
  /** Public id of the model that answered. */
  model: string
  /** Under which name what the provider wants back unread stands in `extra_content`. */
  provider: string
}

/** OpenAI has no words for an unknown end. One by an error is no answer and does not get here. */
const REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls',
  error: 'stop',
  other: 'stop',
}

const known = (details: Record<string, number | undefined>): object | undefined =>
  Object.values(details).some((count) => count !== undefined) ? details : undefined

/** Usage in OpenAI's words; undefined where nothing is known of it. */
function encodeUsage(usage: Usage): object | undefined {
  const { inputTokens, outputTokens } = usage
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens,
    prompt_tokens_details: known({
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    }),
    completion_tokens_details: known({ reasoning_tokens: usage.reasoningTokens }),
  }
}

/** What Turnout itself has to say; undefined where that is nothing. */
const encodeNotes = (warnings: readonly string[], switched?: Switched): object | undefined =>
  warnings.length > 0 || switched
    ? { ...(switched && { switched }), ...(warnings.length > 0 && { warnings }) }
    : undefined

/** Some providers give their calls no ids, without which no result can be told. */
const callId = (id: string | undefined, answer: string, index: number): string => id || `call_${answer}_${index}`

/** A whole answer as a `chat.completion`. */
export function encodeCompletion(
  { id, created, model, provider }: AnswerIdentity,
  { text, reasoning, toolCalls, opaque, reason, usage }: TextResult,
  warnings: readonly string[],
): string {
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && toolCalls.length > 0 ? null : text,
          refusal: null,
          reasoning_content: reasoning,
          tool_calls:
            toolCalls.length === 0
              ? undefined
              : toolCalls.map((call, index) => ({
                  id: callId(call.id, id, index),
                  type: 'function',
                  function: { name: call.name, arguments: call.arguments },
                  extra_content: writeExtraContent(call.opaque, provider),
                })),
          extra_content: writeExtraContent(opaque, provider),
        },
        logprobs: null,
        finish_reason: REASONS[reason],
      },
    ],
    usage: encodeUsage(usage),
    turnout: encodeNotes(warnings),
  })
}

/** An answer whose beginning somebody else has written. */
export interface Begun {
  switched: Switched | undefined
  /** The calls of tools that have been shown, in their order, by the index of their parts. */
  calls: readonly number[]
}

/** Writes the parts of one answer as events of `chat.completion.chunk`. */
export class ChunkEncoder {
  readonly #identity: AnswerIdentity
  /** All of a chunk that comes before its choices. */
  readonly #head: string
  /** Position of each call among the calls, by the provider's own index. */
  readonly #calls = new Map<number, number>()
  /** Told with the next chunk. */
  #switched: Switched | undefined

  constructor(identity: AnswerIdentity, begun?: Begun) {
    const { id, created, model } = identity
    this.#identity = identity
    this.#switched = begun?.switched
    for (const index of begun?.calls ?? []) this.#calls.set(index, this.#calls.size)
    this.#head = `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)},"choices":`
  }

  begin(): string {
    return this.#delta({ role: 'assistant', content: '' })
  }

  part(part: Exclude<TextPart, { type: 'finish' }>): string {
    switch (part.type) {
      case 'text-delta':
        return this.#delta({ content: part.text })
      case 'reasoning-delta':
        return this.#delta({ reasoning_content: part.text })
      case 'tool-call-delta':
        return this.#delta({ tool_calls: [this.#call(part)] })
    }
  }

  /** The end of the answer, usage in a chunk of its own where it is asked for and known. */
  finish(
    { reason, usage, opaque }: TextEnd & { opaque?: ToolCall['opaque'] },
    warnings: readonly string[],
    includeUsage: boolean,
  ): string {
    const delta = { extra_content: writeExtraContent(opaque, this.#identity.provider) }
    const choices = JSON.stringify([{ index: 0, delta, finish_reason: REASONS[reason] }])
    const end = `${this.#head}${choices}${this.#notes(warnings)}}\n\n`
    const counted = includeUsage ? encodeUsage(usage) : undefined
    return counted ? `${end}${this.#head}[],"usage":${JSON.stringify(counted)}}\n\n` : end
  }

  #delta(delta: object): string {
    const notes = this.#switched ? this.#notes([]) : ''
    return `${this.#head}[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":null}]${notes}}\n\n`
  }

  #notes(warnings: readonly string[]): string {
    const notes = encodeNotes(warnings, this.#switched)
    this.#switched = undefined
    return notes ? `,"turnout":${JSON.stringify(notes)}` : ''
  }

  #call(part: Extract<TextPart, { type: 'tool-call-delta' }>): object {
    const extra_content = writeExtraContent(part.opaque, this.#identity.provider)
    const known = this.#calls.get(part.index)
    if (known !== undefined) return { index: known, function: { arguments: part.arguments ?? '' }, extra_content }
    const index = this.#calls.size
    this.#calls.set(part.index, index)
    return {
      index,
      id: callId(part.id, this.#identity.id, index),
      type: 'function',
      function: { name: part.name ?? '', arguments: part.arguments ?? '' },
      extra_content,
    }
  }
}
