import type { Usage } from '@turnout/contract'
import type { TextPart } from '../../../core/text.ts'
import { AnswerParts, type OpenCall } from '../answer-parts.ts'
import type { Place } from '../kept.ts'
import { messagesFinish, refused } from './finish.ts'
import type { MessagesRequest } from './request.ts'
import { messagesUsage } from './usage.ts'

type Json = Readonly<Record<string, unknown>>
type Finish = Extract<TextPart, { type: 'finish' }>

/** A block that has begun and not ended. */
type Block =
  | { kind: 'thinking'; block: Record<string, unknown>; place: Place }
  /** `prefilled` is what the block began with, in case that nothing follows. */
  | { kind: 'call'; call: OpenCall; prefilled: unknown }

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/**
 * Reads one answer: the events of a stream as they come, or the blocks of a
 * whole message as if each came at once. Blocks that are not known, such as
 * those of tools that run at the provider, are passed over.
 * Source: Messages API reference and streaming guide, read November 2026.
 */
export class MessageReader {
  readonly #request: MessagesRequest
  readonly #open = new Map<unknown, Block>()
  readonly #parts: AnswerParts
  readonly #model: string
  #usage: Record<string, unknown> = {}
  #stopReason: string | null = null
  #stopDetails: unknown
  #begun = false
  /** The end marker has come. */
  ended = false

  constructor(request: MessagesRequest) {
    this.#request = request
    this.#parts = new AnswerParts(request.answerTool)
    this.#model = text(request.body.model)
  }

  /** Whether everything has come, with or without the end marker. */
  get complete(): boolean {
    return this.ended || (this.#stopReason !== null && this.#open.size === 0)
  }

  /** Whether content has come. */
  get begun(): boolean {
    return this.#begun
  }

  /** What has been counted so far. */
  get usage(): Usage {
    return messagesUsage(this.#usage)
  }

  /** The beginning of a message, which rarely has content already: then it is what a call of a provider's tool went on with. */
  start(message: Json): TextPart[] {
    this.settle(message)
    const content = Array.isArray(message.content) ? message.content : []
    return content.flatMap((block, i) => {
      const key = `start ${i}`
      return [this.begin(key, asJson(block)), this.end(key)].filter((part) => part !== undefined)
    })
  }

  /** Any event but the first. */
  read(event: Json): TextPart | undefined {
    switch (event.type) {
      case 'content_block_start':
        return this.begin(event.index, asJson(event.content_block))
      case 'content_block_delta':
        return this.#delta(event.index, asJson(event.delta))
      case 'content_block_stop':
        return this.end(event.index)
      case 'message_delta':
        this.settle({ ...asJson(event.delta), usage: event.usage })
        return undefined
      case 'message_stop':
        this.ended = true
    }
    return undefined
  }

  /** The members of a message beside its content. Counts are cumulative: later ones replace earlier ones. */
  settle({ stop_reason, stop_details, usage }: Json): void {
    if (typeof stop_reason === 'string') this.#stopReason = stop_reason
    if (stop_details) this.#stopDetails = stop_details
    const counts = asJson(usage)
    for (const name in counts) if (counts[name] !== null) this.#usage[name] = counts[name]
  }

  begin(index: unknown, block: Json): TextPart | undefined {
    this.#begun = true
    switch (block.type) {
      case 'text':
        return this.#parts.say(text(block.text))
      case 'thinking': {
        this.#open.set(index, { kind: 'thinking', block: { ...block }, place: this.#parts.place })
        return this.#parts.think(text(block.thinking))
      }
      case 'redacted_thinking':
        this.#parts.thoughts.keep(block, this.#parts.place)
        return undefined
      case 'tool_use': {
        const { call, part } = this.#parts.call(text(block.id), text(block.name))
        this.#open.set(index, { kind: 'call', call, prefilled: block.input })
        return part
      }
    }
    return undefined
  }

  #delta(index: unknown, delta: Json): TextPart | undefined {
    const parts = this.#parts
    if (delta.type === 'text_delta') return parts.say(text(delta.text))
    const open = this.#open.get(index)
    if (delta.type === 'input_json_delta' && open?.kind === 'call')
      return parts.write(open.call, text(delta.partial_json))
    if (open?.kind !== 'thinking') return undefined
    if (delta.type === 'signature_delta') open.block.signature = text(open.block.signature) + text(delta.signature)
    if (delta.type !== 'thinking_delta') return undefined
    open.block.thinking = text(open.block.thinking) + text(delta.thinking)
    return parts.think(text(delta.thinking))
  }

  end(index: unknown): TextPart | undefined {
    const open = this.#open.get(index)
    this.#open.delete(index)
    if (open?.kind === 'thinking') this.#parts.thoughts.keep(open.block, open.place)
    if (open?.kind !== 'call' || open.call.written) return undefined
    return this.#parts.write(open.call, JSON.stringify(open.prefilled ?? {}))
  }

  /** The text that has been held back, if it turned out to be the answer. */
  rest(): TextPart | undefined {
    return this.#parts.rest()
  }

  /** @throws TurnoutError content_policy where the model refused and said nothing */
  finish(provider: string, status: number, upstreamRequestId: string | undefined): Finish {
    const raw = this.#stopReason
    if (raw === 'refusal' && !this.#parts.said)
      throw refused(this.#stopDetails, this.usage, provider, status, upstreamRequestId)
    return {
      type: 'finish',
      reason: this.#parts.reason(messagesFinish(raw)),
      raw,
      usage: this.usage,
      warnings: this.#request.warnings,
      upstreamRequestId,
      opaque: this.#parts.thoughts.opaque('thinking', { model: this.#model }),
    }
  }
}
