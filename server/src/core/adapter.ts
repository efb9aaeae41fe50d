import type { FinishReason, Flags, Usage } from '@turnout/contract'
import type { TurnoutError } from './error.ts'

/** A response whose body has not been read yet. */
export interface TransportResponse {
  status: number
  /** Lower-case names; a header that came twice is joined by commas. */
  headers: Record<string, string>
  body: AsyncIterable<Uint8Array>
  text(): Promise<string>
  json(): Promise<unknown>
}

export interface TransportRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Uint8Array | FormData
  signal?: AbortSignal
}

/**
 * One HTTP exchange. It never follows a redirect and never retries. It throws
 * `connection` (with `details.delivered: false` when nothing was sent) or
 * `timeout`; every HTTP status is a normal return.
 */
export type Transport = (url: string, request: TransportRequest) => Promise<TransportResponse>

/** All that an adapter sees of the world. */
export interface Connection {
  /** Id of the provider as configured, for errors. */
  provider: string
  /** Without a trailing slash. */
  baseUrl: string
  credential?: string
  region?: string
  /** Extra headers from the configuration. */
  headers: Readonly<Record<string, string>>
  flags: Readonly<Flags>
  transport: Transport
  signal: AbortSignal
}

export interface TextMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export interface TextCall {
  model: string
  messages: TextMessage[]
  maxTokens?: number
  temperature?: number
  /** Parameters of the model's record, in the provider's own words. */
  defaults?: Readonly<Record<string, unknown>>
}

export type TextPart =
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  | { type: 'tool-call-delta'; index: number; id?: string; name?: string; arguments?: string }
  | { type: 'finish'; reason: FinishReason; raw: string | null; usage: Usage; upstreamRequestId?: string }

export interface TextResult {
  text: string
  reason: FinishReason
  raw: string | null
  usage: Usage
  upstreamRequestId?: string
}

export interface TextAdapter {
  /** The non-streaming call. */
  generate(call: TextCall, connection: Connection): Promise<TextResult>
  /** Ends with exactly one `finish` part, or throws. */
  stream(call: TextCall, connection: Connection): AsyncIterable<TextPart>
}

export interface ImageCall {
  model: string
  prompt: string
  negativePrompt?: string
  size?: { width: number; height: number }
  guidanceScale?: number
  steps?: number
  count: number
  seed?: number
  defaults?: Readonly<Record<string, unknown>>
}

export interface Media {
  /** Either the bytes or where to fetch them without a credential. */
  bytes?: Uint8Array
  url?: string
  mediaType: string
  revisedPrompt?: string
}

/** The storable handle of remote work: plain JSON that only its adapter understands. */
export type RemoteOperation = Readonly<Record<string, unknown>>

export type MediaOutcome =
  | { status: 'pending'; operation: RemoteOperation; pollAfterMs: number; progress?: number }
  | {
      status: 'done'
      media: Media[]
      usage: Usage
      /** What the provider says it cost, in nano-dollars; it wins over our price. */
      providerCost?: bigint
      warnings: string[]
      upstreamRequestId?: string
    }

export interface ImageAdapter {
  start(call: ImageCall, connection: Connection): Promise<MediaOutcome>
  poll?(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome>
  cancel?(operation: RemoteOperation, connection: Connection): Promise<void>
}

/** What OpenAI's API calls its endpoints, for the requests that pass through as bytes. */
export type OpenAIOperation = 'chat' | 'embeddings' | 'images.generate' | 'images.edit'

export interface WireRequest {
  url: string
  headers: Record<string, string>
}

/**
 * The door of an upstream that speaks OpenAI's dialect itself: the gateway
 * sends the client's bytes through it and reads only what it meters.
 */
export interface OpenAIDoor {
  /** Where an operation goes and with which headers, content type and length aside. */
  request(
    operation: OpenAIOperation,
    connection: Pick<Connection, 'baseUrl' | 'credential' | 'headers' | 'flags'>,
  ): WireRequest
  /** The fields of the request that must be sent otherwise; undefined where the client's bytes can go as they are. */
  rewrite(
    operation: OpenAIOperation,
    body: Readonly<Record<string, unknown>>,
    flags: Readonly<Flags>,
  ): Record<string, unknown> | undefined
  /** A failed answer as an error. */
  error(status: number, headers: Readonly<Record<string, string>>, body: string, provider: string): TurnoutError
}

/** A model that a provider lists itself. */
export interface ListedModel {
  id: string
  name?: string
  contextTokens?: number
  vision?: boolean
  tools?: boolean
  embedding?: boolean
}

/** One provider's protocol. An absent member is an absent capability. */
export interface ProviderAdapter {
  id: string
  text?: TextAdapter
  image?: ImageAdapter
  openai?: OpenAIDoor
  /** The models the account or engine has. Free of charge, so it also serves as the health probe. */
  listModels?(connection: Connection): Promise<ListedModel[]>
}
