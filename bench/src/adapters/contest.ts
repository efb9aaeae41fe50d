import type { Memory } from './memory.ts'

/** What both sides must have got out of an answer. */
export interface TextOutcome {
  text: string
  inputTokens: number | undefined
  outputTokens: number | undefined
}

/** The size of each picture, or where it is, and its type. */
export type PictureOutcome = { bytes: number; mediaType: string } | { url: string }

/** Something that an adapter does, and that a mapping written by hand for this one call does as well. */
export interface Contest {
  what: string
  /** Over how many the time of one run is spread: 1 for a call, the events of a stream. */
  per: number
  provider: Memory
  adapter(signal: AbortSignal): Promise<TextOutcome | PictureOutcome>
  byHand(signal: AbortSignal): Promise<TextOutcome | PictureOutcome>
}
