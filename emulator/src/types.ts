import type { IncomingHttpHeaders } from 'node:http'
import type { Callbacks } from './callbacks.ts'
import type { Fate } from './faults.ts'
import type { Files } from './files.ts'
import type { Framing } from './http/framing.ts'
import type { ModelTable } from './openai/models.ts'
import type { Script } from './script.ts'
import type { Tasks } from './tasks.ts'
import type { PromptCache } from './text/prompt-cache.ts'

export type JsonObject = Record<string, unknown>

/**
 * What a request asks for; faults and records are addressed by it. Providers
 * other than OpenAI put their id in front: `anthropic.messages`.
 */
export type Operation =
  | 'models.list'
  | 'models.retrieve'
  | 'chat'
  | 'responses'
  | 'embeddings'
  | 'images.generate'
  | 'images.edit'
  | `${string}.${string}`

/** What the provider puts on the bill for one accepted request; a unit that is absent was not used. */
export interface Charge {
  model: string
  /** All input tokens, the cached ones among them. */
  inputTokens?: number
  cachedInputTokens?: number
  outputTokens?: number
  images?: number
  /** Seconds of video. */
  seconds?: number
}

/** One event of a stream; its part tells the faults what they leave out. */
export interface StreamEvent {
  part: 'start' | 'content' | 'finish' | 'usage' | 'end'
  /** The name of the event, where the framing has one. */
  event?: string
  /** Framings that know exceptions beside events: this is one, and `event` is its type. */
  exception?: true
  /** JSON, or text or bytes that are sent as they are. */
  data: JsonObject | string | Buffer
}

interface Timing {
  /** Milliseconds before the first event, or before a buffered body. */
  firstDelayMs: number
  /** Milliseconds between two events. */
  betweenDelayMs: number
}

/** A body that is not JSON: the bytes of a picture, a video, a text. */
export class RawBody {
  readonly data: Buffer
  readonly contentType: string

  constructor(data: Buffer, contentType: string) {
    this.data = data
    this.contentType = contentType
  }
}

export type Body = JsonObject | readonly unknown[] | RawBody

/**
 * A request that passed all checks; nothing costly happens before its body or its
 * events are asked for. Both are told the fate that a fault ordered, and may throw
 * a Refusal for it.
 */
export type Answer = Timing & {
  model?: string
  charge?: Charge
  /** What a fate leaves of the charge, where the provider has a rule of its own for it; else its `billed` decides. */
  chargeAfter?(fate: Fate): Charge | undefined
  /** Headers beyond those of every answer of the provider. */
  headers?: Readonly<Record<string, string>>
  /** The fates that this answer can take; an order of another one waits for a request that can. */
  fates?: readonly Fate['kind'][]
} & (
    | { streamed: false; status?: number; body(fate?: Fate): Body | Promise<Body> }
    | {
        streamed: true
        /** Server-sent events unless said otherwise. */
        framing?: Framing
        /** The error inside this stream, where it differs from the provider's usual one. */
        errorEvent?(error?: JsonObject): StreamEvent
        events(fate?: Fate): Iterable<StreamEvent> | AsyncIterable<StreamEvent>
      }
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
  /** What the placeholders of the route's path stand for. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Scheme, host and port as the client wrote them: result URLs begin with it. */
  origin: string
  /** The origin and the provider's mount path. */
  base: string
  /** The body as it came; empty where the route takes none. */
  raw: Buffer
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
  /** OpenAI's models. */
  models: ModelTable
  /** Ids that the caller added, for every provider. */
  moreModels: readonly string[]
  promptCache: PromptCache
  /** What models are to say word for word. */
  script: Script
  delays: Delays
  /** Submitted work of all providers. */
  tasks: Tasks
  /** The webhooks of that work. */
  callbacks: Callbacks
  /** Results that are handed out by URL. */
  files: Files
  /** Objects of the S3 double by `bucket/key`. */
  objects: Map<string, { data: Buffer; contentType: string }>
}

export type Handler = (call: Call, world: World) => Answer | Promise<Answer>
