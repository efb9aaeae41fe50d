import type { FinishReason, Usage } from '@turnout/contract'
import { countOf } from '../../core/count.ts'
import { readUsage } from '../../core/openai/usage.ts'
import type { TextPart } from '../../core/text.ts'
import { Keeper } from '../shared/kept.ts'

type Json = Readonly<Record<string, unknown>>

/** One output item, and how much of it has been handed on. */
interface Item {
  /** Index among the tool calls, for one that is a call. */
  call?: number
  /** Its text or arguments. */
  shown: string
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const asArray = (value: unknown): Json[] => (Array.isArray(value) ? value.map(asJson) : [])

/** Between two parts of a summary, which have headings of their own. */
const BREAK = '\n\n'

const reasoningText = ({ summary, content }: Json): string => {
  const parts = asArray(summary).length > 0 ? asArray(summary) : asArray(content)
  return parts.map((part) => text(part.text)).join(BREAK)
}

/** What a whole text has beyond the pieces that were shown of it; nothing where they are not its beginning. */
const restOf = (all: string, shown: string): string => (all.startsWith(shown) ? all.slice(shown.length) : '')

/** Pieces of text and arguments by the event that brings them; other items, such as those of hosted tools, are passed over. */
const DELTAS: ReadonlyMap<unknown, 'text' | 'reasoning' | 'arguments'> = new Map([
  ['response.output_text.delta', 'text'],
  ['response.refusal.delta', 'text'],
  ['response.reasoning_summary_text.delta', 'reasoning'],
  ['response.reasoning_text.delta', 'reasoning'],
  ['response.function_call_arguments.delta', 'arguments'],
])

/**
 * Reads one response: its events as they come, or the items of a whole one as
 * if each was done at once. Items are known by their place in the output,
 * because some servers change their ids from event to event.
 * Source: OpenAI's API reference, Responses, August 2026.
 */
export class ResponseReader {
  readonly #items = new Map<unknown, Item>()
  readonly #reasoning = new Keeper()
  #calls = 0
  #characters = 0
  #refused = false
  /** The response of the closing event. */
  #response: Json | undefined

  /** Whether the response has come to an end, good or bad. */
  get complete(): boolean {
    return this.#response !== undefined
  }

  /** Whether content has come. */
  get begun(): boolean {
    return this.#items.size > 0
  }

  /** Whether anything has come that the client gets to see. */
  get said(): boolean {
    return this.#characters + this.#calls > 0
  }

  get response(): Json {
    return this.#response ?? {}
  }

  read(event: Json): TextPart | undefined {
    const { type, output_index: index } = event
    switch (type) {
      case 'response.output_item.added':
        return this.#added(index, asJson(event.item))
      case 'response.output_item.done':
        return this.done(index, asJson(event.item))
      case 'response.reasoning_summary_part.added':
        return event.summary_index === 0 || this.#item(index).shown === ''
          ? undefined
          : this.#show(index, 'reasoning', BREAK)
    }
    if (type === 'response.refusal.delta') this.#refused = true
    const kind = DELTAS.get(type)
    return kind && this.#show(index, kind, text(event.delta))
  }

  /** The closing event of a stream, or a whole response: items that no event has brought. */
  close(response: Json): TextPart[] {
    this.#response = response
    if (this.#items.size > 0) return []
    return asArray(response.output)
      .map((item, index) => this.done(index, item))
      .filter((part) => part !== undefined)
  }

  #item(index: unknown): Item {
    const known = this.#items.get(index)
    if (known) return known
    const item: Item = { shown: '' }
    this.#items.set(index, item)
    return item
  }

  #show(index: unknown, kind: 'text' | 'reasoning' | 'arguments', piece: string): TextPart | undefined {
    if (piece === '') return undefined
    const item = this.#item(index)
    item.shown += piece
    if (kind === 'reasoning') return { type: 'reasoning-delta', text: piece }
    if (kind === 'arguments')
      return item.call === undefined ? undefined : { type: 'tool-call-delta', index: item.call, arguments: piece }
    this.#characters += piece.length
    return { type: 'text-delta', text: piece }
  }

  #added(index: unknown, item: Json): TextPart | undefined {
    const known = this.#item(index)
    if (item.type !== 'function_call' || known.call !== undefined) return undefined
    known.call = this.#calls++
    const written = text(item.arguments)
    known.shown = written
    return {
      type: 'tool-call-delta',
      index: known.call,
      id: text(item.call_id),
      name: text(item.name),
      arguments: written || undefined,
    }
  }

  /** A whole item: what of it has not been handed on yet. */
  done(index: unknown, item: Json): TextPart | undefined {
    const known = this.#item(index)
    switch (item.type) {
      case 'message': {
        const content = asArray(item.content)
        if (content.some((part) => part.type === 'refusal')) this.#refused = true
        const said = content.map((part) => text(part.text) || text(part.refusal)).join('')
        return this.#show(index, 'text', restOf(said, known.shown))
      }
      case 'reasoning':
        this.#keep(item)
        return known.shown === '' ? this.#show(index, 'reasoning', reasoningText(item)) : undefined
      case 'function_call':
        if (known.call === undefined) return this.#added(index, item)
        return this.#show(index, 'arguments', restOf(text(item.arguments), known.shown))
    }
    return undefined
  }

  /** Only what is encrypted can be sent again, because nothing is stored. */
  #keep({ type, id, summary, encrypted_content }: Json): void {
    if (text(encrypted_content) === '') return
    const item = { type, id, summary: summary ?? [], encrypted_content }
    this.#reasoning.keep(item, [this.#characters, this.#calls])
  }

  get opaque(): Readonly<Record<string, unknown>> | undefined {
    return this.#reasoning.opaque('reasoning')
  }

  get usage(): Usage {
    const raw = asJson(this.response.usage)
    const written = countOf(asJson(raw.input_tokens_details).cache_write_tokens)
    return { ...readUsage(raw), ...(written !== undefined && { cacheWriteTokens: written }) }
  }

  /** How it ended, and the provider's word for it. */
  get end(): { reason: FinishReason; raw: string | null } {
    const { status, incomplete_details } = this.response
    const why = text(asJson(incomplete_details).reason)
    if (status === 'incomplete') return { reason: INCOMPLETE.get(why) ?? 'other', raw: why || 'incomplete' }
    const reason = this.#refused ? 'content-filter' : this.#calls > 0 ? 'tool-calls' : 'stop'
    return { reason, raw: text(status) || null }
  }
}

const INCOMPLETE: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
])
