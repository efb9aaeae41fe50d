import type { FinishReason, Usage } from '@turnout/contract'

/** A picture in a request: inline, or where it can be fetched. Base64 stays base64: nearly every wire wants it so. */
export type Picture = { base64: string; mediaType: string } | { url: string }

export type ContentPart = { type: 'text'; text: string } | { type: 'image'; picture: Picture; detail?: string }

/** A call of a tool that a model has asked for. */
export interface ToolCall {
  id: string
  name: string
  /** JSON text, as the model wrote it. */
  arguments: string
  /**
   * What the provider wants back unread when the conversation goes on, such as
   * a signature of the thoughts behind the call.
   */
  opaque?: Readonly<Record<string, unknown>>
}

export type TextMessage =
  | { role: 'system'; text: string }
  | { role: 'user'; content: ContentPart[] }
  | { role: 'assistant'; text: string; toolCalls?: ToolCall[]; opaque?: Readonly<Record<string, unknown>> }
  | { role: 'tool'; callId: string; content: ContentPart[] }

export type JsonSchema = Readonly<Record<string, unknown>>

/** A function that a model may ask for. */
export interface Tool {
  name: string
  description?: string
  /** JSON Schema of the arguments; absent: none. */
  parameters?: JsonSchema
  strict?: boolean
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

/** In which form an answer is wanted. */
export type OutputFormat =
  | { type: 'json' }
  | { type: 'schema'; name: string; description?: string; schema: JsonSchema; strict?: boolean }

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

/** A conversation to be continued, in no provider's words. */
export interface TextCall {
  /** Upstream id. */
  model: string
  messages: TextMessage[]
  tools?: Tool[]
  toolChoice?: ToolChoice
  /** False: at most one tool call in an answer. */
  parallelToolCalls?: boolean
  output?: OutputFormat
  maxTokens?: number
  temperature?: number
  topP?: number
  stop?: string[]
  seed?: number
  presencePenalty?: number
  frequencyPenalty?: number
  reasoning?: Effort
  /** The end user, for the provider's abuse checks. */
  user?: string
  /** Parameters of the model's record in the provider's own words; what the call itself says wins over them. */
  defaults?: Readonly<Record<string, unknown>>
}

/** How an answer ended, and what it took. */
export interface TextEnd {
  reason: FinishReason
  /** The provider's own word. */
  raw: string | null
  usage: Usage
  /** Settings that the provider does not take, in whole sentences; nothing is left out in silence. */
  warnings: string[]
  /** What the provider says it cost, in nano-dollars; it wins over our price. */
  providerCost?: bigint
  upstreamRequestId?: string
}

export type TextPart =
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  /** `id` and `name` come with the first delta of a call; `arguments` are pieces of its JSON text. */
  | {
      type: 'tool-call-delta'
      index: number
      id?: string
      name?: string
      arguments?: string
      opaque?: ToolCall['opaque']
    }
  | ({ type: 'finish'; opaque?: Readonly<Record<string, unknown>> } & TextEnd)

/** A whole answer: the same text, calls, reason and usage that its stream would have brought. */
export interface TextResult extends TextEnd {
  text: string
  reasoning?: string
  toolCalls: ToolCall[]
  opaque?: Readonly<Record<string, unknown>>
}
