import type { Usage } from '@turnout/contract'
import type { ServerSentEvent } from '../../lib/sse.ts'
import { readUsage } from './usage.ts'

/**
 * What an event of a streamed answer is to whoever passes it on.
 * - `content`: the client is waiting for it; the first one commits the stream
 * - `preamble`: belongs to the answer but shows nothing yet
 * - `usage`: a chunk that carries nothing but usage
 * - `done`: the end marker
 * - `bad`: is nothing that belongs to an answer; skipped
 * - `broken`: a damaged piece of the answer: what it held is lost
 * - `error`: the upstream reports a failure inside the stream
 */
export type EventKind = 'content' | 'preamble' | 'usage' | 'done' | 'bad' | 'broken' | 'error'

/** Reads a stream as it goes by, and knows afterwards whether it was whole. */
export interface StreamReader {
  read(event: ServerSentEvent): EventKind
  /** Whether everything that was asked for has come. */
  readonly complete: boolean
  /** Whether what has come is whole, if the upstream says that it was all: some give fewer choices than asked. */
  readonly wholeIfMarked: boolean
  /** Whether it ended as answers do, and has said nothing. */
  readonly saysNothing: boolean
  readonly usage: Usage
  /** The text of an `error` event. */
  readonly error: string
  readonly finish: string | null
  /** Pictures that were completed. */
  readonly images: number
}

interface ChatChoice {
  index?: number
  delta?: Record<string, unknown>
  finish_reason?: string | null
}

/** A `chat.completion.chunk`, as far as it is read here. */
export interface ChatChunk {
  id?: string
  created?: number
  choices?: ChatChoice[]
  usage?: unknown
  error?: unknown
}

/** Whether data that is no JSON was meant to be some: a keep-alive in words of its own is nothing that is missed. */
const isDamaged = (data: string): boolean => data.trimStart().startsWith('{')

const hasContent = (delta: Record<string, unknown> | undefined): boolean => {
  if (!delta) return false
  if (typeof delta.content === 'string' && delta.content.length > 0) return true
  for (const name in delta) {
    if (name === 'role' || name === 'content') continue
    const value = delta[name]
    if (value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))
      return true
  }
  return false
}

/** Reads `chat.completion.chunk` events. */
export class ChatStreamReader implements StreamReader {
  usage: Usage = {}
  error = ''
  finish: string | null = null
  /** The chunk that was read last, if it was a good one. */
  chunk: ChatChunk = {}
  readonly images = 0
  readonly #asked: number
  readonly #begun = new Set<number>()
  readonly #finished = new Set<number>()
  #speaks = false

  /** @param choices How many choices were asked for; each must end with a finish reason. */
  constructor(choices = 1) {
    this.#asked = choices
  }

  get complete(): boolean {
    return this.#finished.size >= this.#asked && this.#finished.size === this.#begun.size
  }

  /** A few servers give no finish reason at all; their end marker stands for it. */
  get wholeIfMarked(): boolean {
    return this.#finished.size === this.#begun.size || this.#finished.size === 0
  }

  get saysNothing(): boolean {
    return !this.#speaks && this.finish === 'stop' && this.complete
  }

  read(event: ServerSentEvent): EventKind {
    const { data } = event
    if (data === undefined) return 'preamble'
    if (data === '[DONE]') return 'done'
    let chunk: ChatChunk
    try {
      chunk = JSON.parse(data) as ChatChunk
    } catch {
      return isDamaged(data) ? 'broken' : 'bad'
    }
    if (typeof chunk !== 'object' || chunk === null) return 'bad'
    if (chunk.error !== undefined && chunk.error !== null) {
      this.error = data
      return 'error'
    }
    if (event.name === 'error') {
      this.error = data
      return 'error'
    }
    if (chunk.usage) this.usage = readUsage(chunk.usage)
    const { choices } = chunk
    if (!Array.isArray(choices)) return 'bad'
    this.chunk = chunk
    if (choices.length === 0) return chunk.usage ? 'usage' : 'preamble'
    let kind: EventKind = 'preamble'
    for (const choice of choices as (ChatChoice | null)[]) {
      const index = choice?.index ?? 0
      this.#begun.add(index)
      if (hasContent(choice?.delta)) {
        this.#speaks = true
        kind = 'content'
      }
      if (choice?.finish_reason) {
        this.finish = String(choice.finish_reason)
        this.#finished.add(index)
        kind = 'content'
      }
    }
    return kind
  }
}

/**
 * Reads the events of a streamed picture. A partial picture is megabytes of
 * base64, so only the event that completes is parsed, and of it only the end.
 */
export class ImageStreamReader implements StreamReader {
  usage: Usage = {}
  error = ''
  readonly finish = null
  images = 0

  get complete(): boolean {
    return this.images > 0
  }

  get wholeIfMarked(): boolean {
    return this.complete
  }

  get saysNothing(): boolean {
    return false
  }

  read(event: ServerSentEvent): EventKind {
    const { data } = event
    if (data === undefined) return 'preamble'
    if (data === '[DONE]') return 'done'
    if (!data.startsWith('{') || !data.endsWith('}')) return 'bad'
    const head = data.slice(0, 200)
    const name = event.name || (/"type"\s*:\s*"([^"]+)"/.exec(head)?.[1] ?? '')
    if (name === 'error' || /^\{\s*"error"\s*:/.test(head)) {
      this.error = data
      return 'error'
    }
    if (name.endsWith('.completed')) {
      this.images += 1
      const at = data.lastIndexOf('"usage"')
      const usage = at === -1 ? null : /^"usage"\s*:\s*(\{.*)\}\s*$/s.exec(data.slice(at))
      if (usage) this.usage = readUsageObject(usage[1]!)
      return 'content'
    }
    return name.endsWith('.partial_image') ? 'content' : 'preamble'
  }
}

/** The object that `text` begins with, further members of its parent notwithstanding. */
function readUsageObject(text: string): Usage {
  for (let end = text.indexOf('}'); end !== -1; end = text.indexOf('}', end + 1)) {
    try {
      return readUsage(JSON.parse(text.slice(0, end + 1)))
    } catch {}
  }
  return {}
}
