import type {
  CacheStatus,
  GeneratedImage,
  GeneratedText,
  GenerateImage,
  GenerateText,
  Health,
  TextEvent,
} from '@turnout/contract'
import type { Principal } from '../access/types.ts'

/** Who asks, under which id, and until when. */
export interface Caller {
  requestId: string
  principal: Principal
  /** Aborted when the client goes away. */
  signal: AbortSignal
  /** What the request belongs to, by its header. */
  session?: string | undefined
  /** Names the request, so that sent again it is the same job; where it is one. */
  idempotencyKey?: string | undefined
  /** Hears of the job that the request has become, before that has done anything. */
  onJob?(id: string): void
  /** What its header wants of the cache. */
  cache?: string | readonly string[] | undefined
  /** Hears how the cache has served it, before the answer is there. */
  onCache?(status: CacheStatus, ageMs?: number): void
}

/** The use cases of the native API. All of them throw TurnoutError. */
export interface Generation {
  text(input: GenerateText, caller: Caller): Promise<GeneratedText>
  /** Throws before the first event, never after: a later failure is an `error` event. Ends without `[DONE]`. */
  textEvents(input: GenerateText, caller: Caller): AsyncIterable<TextEvent>
  image(input: GenerateImage, caller: Caller): Promise<GeneratedImage>
}

export interface HealthService {
  read(): Health
  /** Whether new requests can be served: not stopping, and a database or a snapshot to serve from. */
  ready(): { ready: boolean; reason?: string }
}
