import type { ErrorCode } from '@turnout/contract'
import type { Emulator, EmulatorOptions } from '@turnout/emulator'
import type { Connection, ProviderAdapter } from '../../src/core/adapter.ts'
import type { ImageCall, VideoCall } from '../../src/core/media.ts'
import type { JsonSchema, TextCall } from '../../src/core/text.ts'

/** One answer that is a failure, and what it means. */
export interface Failure {
  /** What it is, in the provider's words or ours. */
  name: string
  /** 200 unless said otherwise: an error inside an answer. */
  status?: number
  body?: string | Record<string, unknown>
  headers?: Record<string, string>
  code: ErrorCode
  /** A pause that the provider asks for in the body; those in headers are the same for all. */
  retryAfterMs?: number
  /** Where the provider says it itself, against what the code implies. */
  retryable?: boolean
  /** Part of what the client is told. */
  told?: string
  /** Which request it answers; the first one unless said otherwise. */
  to?: 'text' | 'image' | 'video' | 'embed'
  /** It answers a poll instead of the request that hands the work in. */
  polled?: true
  /** How many requests of polls are answered well before it. */
  after?: number
}

export interface TextSubject {
  model: string
  /** How the model's connection differs. */
  connection?: Partial<Connection>
  /** What is put into every call, such as a limit that the provider insists on. */
  call?: Partial<TextCall>
  /** False for models that cannot be made to call one tool of several. */
  toolChoice?: false
  /** The effort by which the model shows its thoughts. */
  reasoning?: TextCall['reasoning']
  /** The smallest limit that the provider takes; the answer is longer. 5 tokens unless said otherwise. */
  leastTokens?: number
  /** False for models that take no stop sequences. */
  stop?: false
  /** Settings that the model does not take, and what is said of them. */
  unsupported?: readonly { call: Partial<TextCall>; warning: RegExp }[]
  /** What the double's own error inside a stream means. */
  streamError: ErrorCode
  /** Errors inside a stream: what the fault is given, and what it means. */
  inStream?: readonly { name: string; error: Record<string, unknown>; code: ErrorCode }[]
  /** The double cannot leave these out: nothing is to be seen. */
  without?: readonly ('no-usage' | 'no-finish' | 'no-end-marker' | 'crlf')[]
}

export interface MediaSubject<Call> {
  model: string
  connection?: Partial<Connection>
  /** What is put into every call. */
  call?: Partial<Call>
  /** Further calls that must succeed, such as ones with pictures. */
  variants?: Readonly<Record<string, Partial<Call>>>
  /** How many outputs one call can make; 1 unless said otherwise. */
  most?: number
  /** The work is handed in and polled. */
  polled?: true
  /** The answer is the bytes themselves. */
  bytes?: true
  /** The provider does not name the request. */
  unnamed?: true
  /** Only the adapter can fetch the results, with the credential. */
  sealed?: true
  /** A poll has no words that could be broken. */
  wordless?: true
  /** What a poll by another account means, where a refused credential does not mean the same. */
  strangerMeans?: ErrorCode
  /** The provider does not tell how long the video is. */
  uncounted?: true
  /** The double cannot moderate it. */
  unmoderated?: true
  /** What the provider says that it cost, in nano-dollars. */
  providerCost?: bigint
  /** What the usage says, beside the number of pictures. */
  usage?: Record<string, unknown>
  /** Settings that the model does not take, and what is said of them. */
  unsupported?: readonly { call: Partial<Call>; warning: RegExp }[]
  /** The answer to the first request that leads polls to another host. */
  leadsTo?: (origin: string) => Record<string, unknown>
}

export interface EmbedSubject {
  model: string
  connection?: Partial<Connection>
  dimensions?: number
  /** The provider tells no usage. */
  uncounted?: true
  /** The model takes one text per request. */
  single?: true
}

/** What a provider brings to the suite: data. */
export interface Subject {
  /** As the suite names it. */
  name: string
  adapter: ProviderAdapter
  /** The double's id; the adapter's unless said otherwise. */
  double?: string
  /** Below the double's base URL. */
  path?: string
  /** The credential that the double accepts; a word unless said otherwise. */
  credential?: string
  /** The credential is `ID:SECRET`, and the secret never leaves: it signs. */
  signs?: true
  /** One that the double does not accept. */
  wrong?: string
  /** What the double is told to accept; the credential unless said otherwise. */
  accepts?: Partial<EmulatorOptions>
  connection?: (emulator: Emulator) => Partial<Connection>
  /** What a model that nobody knows means; model_not_found unless said otherwise. `any`: there is none. */
  unknownModel?: Partial<Record<NonNullable<Failure['to']>, ErrorCode | 'any'>>
  /** Calls by which the adapter learns what it keeps; faults are for the calls after them. */
  prepare?: (connection: Connection) => Promise<unknown>
  /** Which of its requests the provider names; all unless said otherwise. */
  names?: 'answers' | 'nothing'
  /** What an answer of `{}` means; invalid_output unless said otherwise. `any`: it may be one. */
  emptyMeans?: Partial<Record<NonNullable<Failure['to']>, ErrorCode | 'any'>>
  /** The provider has no list of models, or the double lacks it. */
  unlisted?: true
  /** What the adapter can do and its double cannot; the adapter's own tests prove it. */
  elsewhere?: readonly ('text' | 'image' | 'video' | 'embed')[]
  text?: TextSubject
  image?: MediaSubject<ImageCall>
  video?: MediaSubject<VideoCall>
  embed?: EmbedSubject
  failures: readonly Failure[]
}

/** A schema that has a bit of everything and that every provider takes. */
export const TRIP: JsonSchema = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    days: { type: 'integer' },
    stops: { type: 'array', items: { type: 'string' } },
    pace: { type: 'string', enum: ['slow', 'fast'] },
  },
  required: ['city', 'days', 'stops', 'pace'],
  additionalProperties: false,
}

/** A red square of 256 pixels, as PNG: large enough for every model. */
export const SQUARE =
  'iVBORw0KGgoAAAANSUhEUgAAAQAAAAEAAQMAAABmvDolAAAABlBMVEXIHh7///83dApLAAAAH0lEQVR42u3BAQ0AAADCoPdPbQ43' +
  'oAAAAAAAAAAAvg0hAAABYOSdlwAAAABJRU5ErkJggg=='
