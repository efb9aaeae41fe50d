import type { Hedged } from '@turnout/contract'
import type { OpenAIOperation } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { OutputPlan } from '../../core/structured/output.ts'
import type { Metered } from '../metering.ts'
import type { Shown } from '../text/shown.ts'
import type { Review } from '../validation/review.ts'

/** A request whose bytes go on as they are. */
export interface RelayCall extends Metered {
  operation: OpenAIOperation
  deployment: Deployment
  body: Buffer
  contentType: string
  /** Usage was asked of the upstream for the meter alone; the client does not get the chunk. */
  hideUsage: boolean
  /** How many choices of a completion were asked for. */
  choices: number
  /** In which form the answer must come; without it, no answer is looked into. */
  output?: OutputPlan
  /** Judges completions that are whole before they count as given: a stream that has one is held. */
  review?: Review | undefined
  /** What the client is shown of a stream of a chat is noted here; present where others may go on if it breaks off. */
  shown?: Shown | undefined
  /** Nothing of a stream is sent before all of it is there. */
  held?: boolean
  /** What was changed in the request, in whole sentences. */
  warnings?: readonly string[]
}

/** What is known of an answer when it begins. */
export interface AnswerHead {
  deployment: Deployment
  attempts: number
  contentType: string
  /** What of the request was left out or changed, as far as it is known when the answer begins. */
  warnings?: readonly string[]
  /** Whether it came of one that was asked besides another; absent where none was. */
  hedged?: Hedged | undefined
}

/** How an answer broke off whose beginning had been sent. */
export interface Cut {
  deployment: Deployment
  /** As it was, without secrets. */
  failure: TurnoutError
  /** As clients are told, unless somebody goes on. */
  told: TurnoutError
  /** What the client has seen of it. */
  shown: Shown
}

/** What brings an answer to a client. */
export interface Running {
  /** How many attempts have been made. */
  readonly attempts: number
  /** How many deployments were left for another one. */
  readonly fallbacks?: number
  start(): void
  /** The client went away: the upstream is cut off at once. */
  cancel(): void
  /** The client is ready for more. */
  resume(): void
}

/**
 * Where an answer goes. Either `answer` or `fail` alone, or `begin`, any
 * number of `write`, and then `end` or `fail`.
 */
export interface RelayClient {
  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void
  begin(head: AnswerHead): void
  /** Whole events. False asks for a pause until `Running.resume`. */
  write(bytes: Buffer): boolean
  end(cost: bigint | null): void
  /** @param cut Present where others may go on with what has been written. */
  fail(error: TurnoutError, attempts: number, cut?: Cut): void
}
