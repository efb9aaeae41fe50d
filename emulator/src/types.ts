import type { IncomingHttpHeaders } from 'node:http'
import type { ModelTable } from './openai/models.ts'
import type { PromptCache } from './text/prompt-cache.ts'

export type JsonObject = Record<string, unknown>

/** What a request asks for; faults and records are addressed by it. */
export type Operation = 'models.list' | 'models.retrieve' | 'chat' | 'embeddings' | 'images.generate' | 'images.edit'

/** What the provider puts on the bill for one accepted request. */
export interface Charge {
  model: string
  /** All input tokens, the cached ones among them. */
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  images: number
}

/** One server-sent event; its part tells the faults what they leave out. */
export interface StreamEvent {
  part: 'start' | 'content' | 'finish' | 'usage' | 'end'
  /** The name of the event line, where the stream has one. */
  event?: string
  data: JsonObject | '[DONE]'
}

interface Timing {
  /** Milliseconds before the first event, or before a buffered body. */
  firstDelayMs: number
  /** Milliseconds between two events. */
  betweenDelayMs: number
}

/** A request that passed all checks; nothing costly happens before its body or its events are asked for. */
export type Answer = Timing & { model?: string; charge?: Charge } & (
    | { streamed: false; body(): JsonObject | Promise<JsonObject> }
    | { streamed: true; events(): Iterable<StreamEvent> | AsyncIterable<StreamEvent> }
  )

/** A file of a multipart form. */
export interface FormFile {
  name: string
  filename: string
  mimeType: string
  data: Buffer
}

export interface Form {
  fields: JsonObject
  files: FormFile[]
}

/** A request that is authenticated and whose body is read. */
export interface Call {
  operation: Operation
  headers: IncomingHttpHeaders
  /** The last path segment where the route ends in an id. */
  id: string
  json: JsonObject | undefined
  form: Form | undefined
}

export interface Delays {
  chunkDelayMs: number
  firstChunkDelayMs: number
  imageDelayMs: number
}

/** What all requests to one emulator share. */
export interface World {
  models: ModelTable
  promptCache: PromptCache
  delays: Delays
}

export type Handler = (call: Call, world: World) => Answer | Promise<Answer>
