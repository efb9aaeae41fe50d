import type { GeneratedImage, GeneratedText, GenerateImage, GenerateText, Health, TextEvent } from '@turnout/contract'
import type { Principal } from '../access/types.ts'

/** Who asks, under which id, and until when. */
export interface Caller {
  requestId: string
  principal: Principal
  /** Aborted when the client goes away. */
  signal: AbortSignal
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
