import { TurnoutError } from '../../core/error.ts'
import type { TextPart } from '../../core/text.ts'
import { AnswerParts, type OpenCall } from '../shared/answer-parts.ts'
import type { Place } from '../shared/kept.ts'
import { converseFinish, converseUsage, failureOf } from './finish.ts'
import type { ConverseRequest } from './request.ts'
import { redactedBlock, thinkingBlock } from './thoughts.ts'

type Json = Readonly<Record<string, unknown>>
type Finish = Extract<TextPart, { type: 'finish' }>

/** A block that has begun and not ended. */
type Block =
  | { kind: 'thinking'; text: string; signature: string; redacted: string; place: Place }
  | { kind: 'call'; call: OpenCall }
  /** A tool that runs at the provider, whose input is nobody's business. */
  | { kind: 'other' }

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/**
 * Reads one answer of Converse: the events of a stream as they come, or the
 * blocks of a whole message as if each came at once. Events and blocks that
 * are not known are passed over.
 * Source: Bedrock API reference, ConverseStreamOutput, read November 2026.
 */
export class ConverseReader {
  readonly #request: ConverseRequest
  readonly #open = new Map<unknown, Block>()
  readonly #parts: AnswerParts
  #stopReason: string | null = null
  #usage: Json | undefined
  #begun = false

  constructor(request: ConverseRequest) {
    this.#request = request
    this.#parts = new AnswerParts(request.answerTool)
  }

  /** Whether the answer has ended; its usage may still come. */
  get complete(): boolean {
    return this.#stopReason !== null
  }

  /** Whether nothing more is to come. */
  get ended(): boolean {
    return this.complete && this.#usage !== undefined
  }

  /** Whether content has come. */
  get begun(): boolean {
    return this.#begun
  }

  /** @param name Type of the event */
  read(name: string, event: Json): TextPart | undefined {
    // After the end there is nothing but its usage.
    if (this.complete && name !== 'metadata') return undefined
    switch (name) {
      case 'contentBlockDelta':
        return this.#delta(event.contentBlockIndex, asJson(event.delta))
      case 'contentBlockStart':
        return this.#begin(event.contentBlockIndex, asJson(event.start))
      case 'contentBlockStop':
        return this.#end(event.contentBlockIndex)
      case 'messageStop':
        this.#stopReason = text(event.stopReason) || 'end_turn'
        return undefined
      case 'metadata':
        this.#usage = asJson(event.usage)
    }
    return undefined
  }

  /** A whole message. */
  readWhole({ output, stopReason, usage }: Json): TextPart[] {
    const { content } = asJson(asJson(output).message)
    const parts: TextPart[] = []
    for (const [index, value] of (Array.isArray(content) ? content : []).entries()) {
      const block = asJson(value)
      const part = block.toolUse === undefined ? this.#delta(index, flatten(block)) : this.#wholeCall(index, block)
      if (part) parts.push(part)
      const rest = this.#end(index)
      if (rest) parts.push(rest)
    }
    this.#stopReason = text(stopReason) || null
    this.#usage = asJson(usage)
    return parts
  }

  #wholeCall(index: number, block: Json): TextPart | undefined {
    const part = this.#begin(index, block)
    const open = this.#open.get(index)
    if (open?.kind !== 'call') return part
    const written = this.#parts.write(open.call, JSON.stringify(asJson(block.toolUse).input ?? {}))
    return part?.type === 'tool-call-delta' && written?.type === 'tool-call-delta'
      ? { ...part, arguments: written.arguments }
      : (part ?? written)
  }

  #begin(index: unknown, { toolUse }: Json): TextPart | undefined {
    this.#begun = true
    if (toolUse === undefined) return undefined
    const { toolUseId, name, type } = asJson(toolUse)
    if (type === 'server_tool_use') {
      this.#open.set(index, { kind: 'other' })
      return undefined
    }
    const { call, part } = this.#parts.call(text(toolUseId), text(name))
    this.#open.set(index, { kind: 'call', call })
    return part
  }

  #delta(index: unknown, delta: Json): TextPart | undefined {
    this.#begun = true
    if (typeof delta.text === 'string') return this.#parts.say(delta.text)
    if (delta.reasoningContent !== undefined) return this.#think(index, asJson(delta.reasoningContent))
    const open = this.#open.get(index)
    if (delta.toolUse === undefined || open?.kind !== 'call') return undefined
    return this.#parts.write(open.call, text(asJson(delta.toolUse).input))
  }

  #think(index: unknown, delta: Json): TextPart | undefined {
    let open = this.#open.get(index)
    if (open?.kind !== 'thinking') {
      open = { kind: 'thinking', text: '', signature: '', redacted: '', place: this.#parts.place }
      this.#open.set(index, open)
    }
    const thought = text(delta.text)
    open.text += thought
    open.signature += text(delta.signature)
    open.redacted += text(delta.redactedContent)
    return this.#parts.think(thought)
  }

  #end(index: unknown): TextPart | undefined {
    const open = this.#open.get(index)
    this.#open.delete(index)
    if (open?.kind === 'call' && !open.call.written) return this.#parts.write(open.call, '{}')
    if (open?.kind !== 'thinking') return undefined
    // Thoughts without a signature are not taken back.
    if (open.signature !== '') this.#parts.thoughts.keep(thinkingBlock(open.text, open.signature), open.place)
    if (open.redacted !== '') this.#parts.thoughts.keep(redactedBlock(open.redacted), open.place)
    return undefined
  }

  /** The text that has been held back, if it turned out to be the answer. */
  rest(): TextPart | undefined {
    return this.#parts.rest()
  }

  /** @throws TurnoutError where the end is a failure, such as content_policy for an answer that was withheld */
  finish(provider: string, upstreamStatus: number, upstreamRequestId: string | undefined): Finish {
    const raw = this.#stopReason
    const failure = failureOf(raw ?? '', this.#parts.said)
    if (failure) {
      const [code, what] = failure
      throw new TurnoutError(code, `${provider} ${what}.`, {
        provider,
        upstreamStatus,
        upstreamRequestId,
        upstreamCode: raw ?? undefined,
        usage: converseUsage(this.#usage ?? {}),
      })
    }
    return {
      type: 'finish',
      reason: this.#parts.reason(converseFinish(raw)),
      raw,
      usage: converseUsage(this.#usage ?? {}),
      warnings: this.#request.warnings,
      upstreamRequestId,
      opaque: this.#parts.thoughts.opaque('thinking', { model: this.#request.model }),
    }
  }
}

/** A block of a whole message as the delta that would have brought it. */
function flatten(block: Json): Json {
  const { reasoningText, redactedContent } = asJson(block.reasoningContent)
  if (block.reasoningContent === undefined) return block
  return { reasoningContent: reasoningText === undefined ? { redactedContent } : reasoningText }
}
