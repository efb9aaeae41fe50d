import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection } from 'turnout/src/core/adapter.ts'
import type { Memory } from './memory.ts'

/** What both sides must have got out of an answer. */
export interface TextOutcome {
  text: string
  reason: FinishReason
  usage: Usage
}

/** The size of each picture, or where it is, and its type. */
export type PictureOutcome = { bytes: number; mediaType: string } | { url: string; mediaType: string }

type Side = (connection: Connection) => Promise<TextOutcome | PictureOutcome>

/** Something that an adapter does, and that a mapping written by hand does as well. */
export interface Contest {
  what: string
  /** Over how many the time of one run is spread: 1 for a call, the events of a stream. */
  per: number
  provider: Memory
  /** What both sides are handed: it belongs to the caller, and is made beforehand. */
  connect(signal: AbortSignal): Connection
  adapter: Side
  byHand: Side
}
