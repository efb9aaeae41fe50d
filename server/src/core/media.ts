import type { Transform, Usage } from '@turnout/contract'
import type { Picture } from './text.ts'

interface MediaCall {
  /** Upstream id. */
  model: string
  prompt: string
  negativePrompt?: string
  /** In pixels, already one that the model takes. */
  size?: { width: number; height: number }
  /** Such as `16:9`, already one that the model takes; given where the model knows ratios instead of sizes. */
  aspectRatio?: string
  seed?: number
  /** Pictures to start from or to refer to, in the order of the request. */
  pictures?: Picture[]
  /** Parameters of the request in the provider's own words, checked against the model's input schema. */
  inputs?: Readonly<Record<string, unknown>>
  /** Parameters of the model's record, likewise; what the call itself says wins over them. */
  defaults?: Readonly<Record<string, unknown>>
  /** Upstream id to call instead of `model`, because of what the call has: the model's record says so. */
  endpoint?: string
  /** How the model's record says that the call is written, for adapters that call any endpoint. */
  transform?: Transform
  /** Where the provider may tell that the work is done; used by those that call back. */
  callbackUrl?: string | undefined
  /** What it signs that with, where it signs with a secret of ours. */
  callbackSecret?: string | undefined
  /** The same for the same attempt, for providers that make a request of one name only once. */
  idempotencyKey?: string | undefined
}

export interface ImageCall extends MediaCall {
  /** At most as many as one call of the model makes. */
  count: number
  guidanceScale?: number
  steps?: number
  /** How far to depart from the first picture: 0 keeps it, 1 ignores it. */
  strength?: number
  /** Where to paint anew. */
  mask?: Picture
  loras?: { path: string; scale?: number }[]
  style?: string
  quality?: string
  background?: 'transparent' | 'opaque' | 'auto'
  outputFormat?: 'png' | 'jpeg' | 'webp' | 'svg' | 'gif'
  /**
   * What the request says beside its prompt in OpenAI's dialect, for adapters
   * that send that as it came; of the settings above only the size and the
   * seed may differ from it then.
   */
  words?: Readonly<Record<string, unknown>>
}

/** How pictures have been made, as OpenAI's dialect tells it beside them. */
export interface Drawn {
  background?: string
  output_format?: string
  quality?: string
  size?: string
}

export interface VideoCall extends MediaCall {
  seconds?: number
  framesPerSecond?: number
  /** Such as `720p` or `4k`. */
  resolution?: string
  audio?: boolean
  /** The first of `pictures` is the first frame; this is the last one. */
  lastFrame?: Picture
}

/** One output of a generation, and where its bytes are. */
export interface Media {
  /** The bytes themselves, or as they come. */
  bytes?: Uint8Array
  body?: AsyncIterable<Uint8Array>
  /** Where to fetch them; without a credential unless `sealed`. */
  url?: string
  /** Only the adapter's `open` can fetch the URL, because that takes the credential. */
  sealed?: boolean
  mediaType: string
  revisedPrompt?: string
  seed?: number
  /** As the provider tells it, where it does. */
  drawn?: Drawn
}

/** The storable handle of remote work: plain JSON that only its adapter understands. */
export type RemoteOperation = Readonly<Record<string, unknown>>

export interface MediaPending {
  status: 'pending'
  operation: RemoteOperation
  /** When it is worth asking again. */
  pollAfterMs: number
  /** From 0 to 1. */
  progress?: number
  /** How many are served before. */
  queuePosition?: number
  /** What the provider has logged since the last poll. */
  logs?: string[]
  /** What the provider has said it will cost, in nano-dollars. */
  providerCost?: bigint
  /** Settings that were mapped or that the provider does not take, in whole sentences; they hold at the end as well. */
  warnings?: readonly string[]
  upstreamRequestId?: string
}

export interface MediaDone {
  status: 'done'
  media: Media[]
  usage: Usage
  /** What the provider says it cost, in nano-dollars; it wins over our price. */
  providerCost?: bigint
  /** Settings that were mapped or that the provider does not take, in whole sentences. */
  warnings: string[]
  upstreamRequestId?: string
}

export type MediaOutcome = MediaPending | MediaDone
