import type { Flags, Usage } from '@turnout/contract'
import type { TurnoutError } from './error.ts'
import type { ImageCall, Media, MediaOutcome, MediaPending, RemoteOperation, VideoCall } from './media.ts'
import type { TextCall, TextPart, TextResult } from './text.ts'

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
  body?: string | Uint8Array
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
  /** What only this adapter needs to know, from the records of the provider and of the model; e.g. a project's id. */
  settings: Readonly<Record<string, unknown>>
  /** Extra headers from the configuration. */
  headers: Readonly<Record<string, string>>
  flags: Readonly<Flags>
  transport: Transport
  signal: AbortSignal
  /**
   * Told once by a stream that is counted as it comes: what its provider has
   * counted so far, whenever that is asked. The end says all of it.
   */
  counts?(soFar: () => Usage): void
}

export interface TextAdapter {
  /** Whether the provider fetches pictures from a URL itself; else the call has them inline. */
  links: boolean
  /** The non-streaming call. */
  generate(call: TextCall, connection: Connection): Promise<TextResult>
  /** Ends with exactly one `finish` part, or throws. */
  stream(call: TextCall, connection: Connection): AsyncIterable<TextPart>
}

export interface MediaAdapter<Call> {
  /** Whether the provider fetches pictures from a URL itself; else the call has them inline. */
  links: boolean
  /**
   * Asks for the work. `connection` and `timeout` errors say by `delivered`
   * whether it may have been accepted; it is never sent twice from in here.
   */
  start(call: Call, connection: Connection): Promise<MediaOutcome>
  /** Asks how the work is; free of charge, so it may be asked again at will. */
  poll?(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome>
  cancel?(operation: RemoteOperation, connection: Connection): Promise<void>
  /**
   * The handle of work whose acceptance was lost on the way, by the id that
   * the provider has called back with. Nothing is sent.
   */
  recover?(call: Call, requestId: string, connection: Connection): MediaPending
  /** Fetches a `sealed` output. */
  open?(media: Media, connection: Connection): Promise<TransportResponse>
}

export interface ImageAdapter extends MediaAdapter<ImageCall> {
  /** Whether it sends the `words` of a call: its upstream is the one to judge them. */
  takesWords?: boolean
}
export type VideoAdapter = MediaAdapter<VideoCall>

export interface EmbedCall {
  model: string
  texts: string[]
  dimensions?: number
  defaults?: Readonly<Record<string, unknown>>
}

export interface EmbedResult {
  /** In the order of the texts. */
  vectors: number[][]
  usage: Usage
  warnings: string[]
  upstreamRequestId?: string
}

export interface EmbedAdapter {
  embed(call: EmbedCall, connection: Connection): Promise<EmbedResult>
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
  /** What it is loaded with, where it is loaded; else the most that it can have. */
  contextTokens?: number
  vision?: boolean
  tools?: boolean
  embedding?: boolean
  /** It makes pictures. */
  image?: boolean
  /** An engine has it in memory, so that no call waits until it is there. */
  loaded?: boolean
  /** A local engine passes its calls on to somebody else, who may charge for them. */
  remote?: boolean
}

/** A provider's word that work has ended, as it came. */
export interface ProviderCallback {
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Byte for byte: signatures cover it. */
  body: Buffer
  /** What the call gave as `callbackSecret`. */
  secret: string
}

/** One provider's protocol. An absent member is an absent capability. */
export interface ProviderAdapter {
  id: string
  text?: TextAdapter
  image?: ImageAdapter
  video?: VideoAdapter
  embed?: EmbedAdapter
  openai?: OpenAIDoor
  /**
   * The provider's id of the work that a callback tells of. Nothing else in it
   * is believed. Absent where the provider calls nobody back.
   *
   * @throws TurnoutError permission for one that is not the provider's own, invalid_input for one that names no work
   */
  readCallback?(callback: ProviderCallback, connection: Connection): Promise<string>
  /** The models the account or engine has, free of charge. */
  listModels?(connection: Connection): Promise<ListedModel[]>
  /** Whether the provider answers and takes the credential, free of charge; the list of models tells where this is absent. */
  check?(connection: Connection): Promise<void>
}
