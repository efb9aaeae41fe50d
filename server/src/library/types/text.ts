import type { FinishReason, Switched, Validation, ValidationVerdict } from '@turnout/contract'
import type { z } from 'zod'
import type { Effort, JsonSchema, OutputFormat, ToolChoice } from '../../core/text.ts'
import type { CallOptions, PictureInput, Served } from './common.ts'

export type UserPart = { type: 'text'; text: string } | { type: 'image'; image: PictureInput; detail?: ImageDetail }
export type ImageDetail = 'auto' | 'low' | 'high' | 'original'

/** What a provider wants back unread when the conversation goes on, such as the signature of a thought. */
export type ExtraContent = Readonly<Record<string, unknown>>

/** A call of a tool that a model has asked for. */
export interface ToolCall {
  id: string
  name: string
  /** JSON text, as the model wrote it. */
  arguments: string
  extraContent?: ExtraContent
}

export interface AssistantMessage {
  role: 'assistant'
  content: string
  toolCalls?: ToolCall[]
  extraContent?: ExtraContent
}

export type Message =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | UserPart[] }
  | AssistantMessage
  | { role: 'tool'; callId: string; content: string }

/** A function that a model may ask for. */
export interface Tool {
  name: string
  description?: string
  /** Its arguments, as a schema of zod or a JSON Schema; absent: none. */
  parameters?: z.core.$ZodType | JsonSchema
  strict?: boolean
}

/** What is asked: a prompt, or the conversation so far. */
export type Conversation =
  | { prompt: string; messages?: undefined }
  | { messages: readonly Message[]; prompt?: undefined }

export interface TextSettings extends CallOptions {
  /** Comes before all messages. */
  system?: string
  /** The most that may be put out, thoughts included. */
  maxTokens?: number
  temperature?: number
  topP?: number
  stop?: string | readonly string[]
  seed?: number
  presencePenalty?: number
  frequencyPenalty?: number
  reasoning?: Effort
}

export interface ToolSettings {
  tools?: readonly Tool[]
  toolChoice?: ToolChoice
  /** `complete`: nothing of a stream is given before the whole answer stands; `first`, the default: as it comes. */
  commit?: 'first' | 'complete'
  /** What the answer must fulfil besides what its pool and its role ask for. A stream needs its `when`. */
  validate?: z.input<typeof Validation>
  /** False: at most one call of a tool in an answer. */
  parallelToolCalls?: boolean
  /** In which form the text is wanted. What comes otherwise is refused as `invalid_output`. */
  output?: OutputFormat
}

export type TextCall<Where> = Where & Conversation & TextSettings & ToolSettings

export interface TextAnswer extends Served {
  text: string
  /** The thoughts that the provider shows. */
  reasoning?: string
  toolCalls: ToolCall[]
  finishReason: FinishReason
  /** In the provider's own word. */
  rawFinishReason: string | null
  /** The answer as the next message of the conversation. */
  message: AssistantMessage
  /** Of a stream that was judged at its end. */
  validation?: ValidationVerdict
}

export type TextStreamPart =
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  /** `id` and `name` come with the first delta of a call; `arguments` are pieces of its JSON text. */
  | { type: 'tool-call-delta'; index: number; id?: string; name?: string; arguments?: string }
  /** Another model goes on with an answer that broke off. */
  | ({ type: 'switched' } & Switched)
  /** The last part. Without it an answer is not complete: then the iteration has thrown. */
  | ({ type: 'finish' } & TextAnswer)

export type ObjectCall<Where, Schema extends z.core.$ZodType> = Where &
  Conversation &
  TextSettings & {
    /** A schema of zod 4; what it takes in is asked for as a JSON Schema. */
    schema: Schema
    /** What the schema is called at the provider; `answer` unless said otherwise. */
    schemaName?: string
    schemaDescription?: string
    /** Whether the provider is to enforce the schema, where it can. OpenAI then wants every field required. */
    strict?: boolean
  }

export interface ObjectAnswer<Value> extends Served {
  /** What the schema made of the answer. */
  object: Value
  text: string
  reasoning?: string
  finishReason: FinishReason
  rawFinishReason: string | null
}

export interface TextCalls<Where> {
  /** @throws TurnoutError */
  generate(call: TextCall<Where>): Promise<TextAnswer>
  /**
   * Nothing is asked before the iteration begins; whoever leaves it ends the
   * call at the provider.
   *
   * @throws TurnoutError while it is iterated; `stream_interrupted` once a part has been seen
   */
  stream(call: TextCall<Where>): AsyncIterable<TextStreamPart>
  /** @throws TurnoutError; `invalid_output` for an answer that the schema refuses */
  object<Schema extends z.core.$ZodType>(call: ObjectCall<Where, Schema>): Promise<ObjectAnswer<z.core.output<Schema>>>
}
