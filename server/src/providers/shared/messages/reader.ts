import type { TextPart } from '../../../core/text.ts'
import { messagesFinish, refused } from './finish.ts'
import { Keeper, type Place } from './kept.ts'
import type { MessagesRequest } from './request.ts'
import { messagesUsage } from './usage.ts'

type Json = Readonly<Record<string, unknown>>
type Finish = Extract<TextPart, { type: 'finish' }>

/** A block that has begun and not ended. */
type Block =
  | { kind: 'thinking'; block: Record<string, unknown>; place: Place }
  /** `prefilled` is what the block began with, in case that nothing follows. */
  | { kind: 'call'; index: number | undefined; prefilled: unknown; written: boolean }

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
  readonly #thoughts = new Keeper()
  readonly #model: string
  #calls = 0
  #characters = 0
  /** Text beside an answer that a tool is to give; it is the answer only if the tool gives none. */
  #aside = ''
  #answered = false
  #usage: Record<string, unknown> = {}
  #stopReason: string | null = null
  #stopDetails: unknown
  #begun = false
  /** The end marker has come. */
  ended = false

  constructor(request: MessagesRequest) {
    this.#request = request
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
        return this.#say(text(block.text))
      case 'thinking': {
        this.#open.set(index, { kind: 'thinking', block: { ...block }, place: this.#place() })
        return think(text(block.thinking))
      }
      case 'redacted_thinking':
        this.#thoughts.keep(block, this.#place())
        return undefined
      case 'tool_use':
        return this.#call(index, block)
    }
    return undefined
  }

  #place(): Place {
    return [this.#characters, this.#calls]
  }

  #say(said: string): TextPart | undefined {
    if (said === '') return undefined
    if (this.#request.answerTool !== undefined) {
      this.#aside += said
      return undefined
    }
    this.#characters += said.length
    return { type: 'text-delta', text: said }
  }

  #call(at: unknown, { id, name, input }: Json): TextPart | undefined {
    const { answerTool } = this.#request
    const isAnswer = answerTool !== undefined && name === answerTool
    if (isAnswer) this.#answered = true
    const index = isAnswer ? undefined : this.#calls++
    this.#open.set(at, { kind: 'call', index, prefilled: input, written: false })
    return index === undefined ? undefined : { type: 'tool-call-delta', index, id: text(id), name: text(name) }
  }

  #delta(index: unknown, delta: Json): TextPart | undefined {
    if (delta.type === 'text_delta') return this.#say(text(delta.text))
    const open = this.#open.get(index)
    if (delta.type === 'input_json_delta' && open?.kind === 'call') return this.#write(open, text(delta.partial_json))
    if (open?.kind !== 'thinking') return undefined
    if (delta.type === 'signature_delta') open.block.signature = text(open.block.signature) + text(delta.signature)
    if (delta.type !== 'thinking_delta') return undefined
    open.block.thinking = text(open.block.thinking) + text(delta.thinking)
    return think(text(delta.thinking))
  }

  #write(open: Extract<Block, { kind: 'call' }>, json: string): TextPart | undefined {
    if (json === '') return undefined
    open.written = true
    if (open.index !== undefined) return { type: 'tool-call-delta', index: open.index, arguments: json }
    this.#characters += json.length
    return { type: 'text-delta', text: json }
  }

  end(index: unknown): TextPart | undefined {
    const open = this.#open.get(index)
    this.#open.delete(index)
    if (open?.kind === 'thinking') this.#thoughts.keep(open.block, open.place)
    if (open?.kind !== 'call' || open.written) return undefined
    return this.#write(open, JSON.stringify(open.prefilled ?? {}))
  }

  /** The text that has been held back, if it turned out to be the answer. */
  rest(): TextPart | undefined {
    if (this.#aside === '' || this.#answered) return undefined
    this.#characters += this.#aside.length
    return { type: 'text-delta', text: this.#aside }
  }

  /** @throws TurnoutError content_policy where the model refused and said nothing */
  finish(provider: string, status: number, upstreamRequestId: string | undefined): Finish {
    const raw = this.#stopReason
    if (raw === 'refusal' && this.#characters === 0 && this.#calls === 0)
      throw refused(this.#stopDetails, provider, status, upstreamRequestId)
    const reason = messagesFinish(raw)
    return {
      type: 'finish',
      reason: reason === 'tool-calls' && this.#calls === 0 ? 'stop' : reason,
      raw,
      usage: messagesUsage(this.#usage),
      warnings: this.#request.warnings,
      upstreamRequestId,
      opaque: this.#thoughts.opaque('thinking', { model: this.#model }),
    }
  }
}

const think = (thought: string): TextPart | undefined =>
  thought === '' ? undefined : { type: 'reasoning-delta', text: thought }
