import type { JobAttemptState, JobError, JobState, Operation, Role, Usage } from '@turnout/contract'
import type { Selectable } from 'kysely'
import type { StoredArtifact } from '../core/artifact.ts'
import type { TurnoutError } from '../core/error.ts'
import type { ImageRequest, MappedSetting, SettingNames } from '../core/image/request.ts'
import type { Drawn, MediaDone, MediaOutcome, RemoteOperation } from '../core/media.ts'
import type { Assignment } from '../core/routing/experiment.ts'
import type { ResolvedComposition } from '../core/template/resolve.ts'
import type { JobAttemptsTable, JobsTable } from '../db/tables.ts'

/** A job as it is stored. */
export type JobRow = Selectable<JobsTable>

/** One call of a job to one deployment, as it is stored. */
export type AttemptRow = Selectable<JobAttemptsTable>

/** A request for pictures that came in another dialect than that of jobs, and has been read; plain JSON. */
export interface ReadImage {
  /** What the ledger calls it. */
  operation: Operation
  /** Files are named by their addresses, or by the ids of what is kept here. */
  request: ImageRequest
  /** What its settings are called where it comes from. */
  names: SettingNames
  /** Fields that are no settings: which of them a model has as inputs, its record says. */
  fields: Readonly<Record<string, unknown>>
  /** All of it but the prompt and the files, as it came in OpenAI's dialect, for upstreams that speak it. */
  words?: Readonly<Record<string, unknown>>
  /** The fields come from a form, which knows only text. */
  isForm: boolean
}

/** What a job asks for, as it is stored in `request`. */
export interface JobRequest {
  inputs: Record<string, unknown>
  options: Record<string, unknown>
  /** Instead of inputs and options, which only show it then. */
  image?: ReadImage | undefined
  productType?: string | undefined
  /** Jobs of one session go to the same deployment while that is well. */
  session?: string | undefined
  /** A client waits for it who cannot come back: what may come later is soon too late. */
  pressing?: boolean | undefined
  /** Of a part: how many outputs it makes, and the first of their seeds. */
  count?: number | undefined
  seed?: number | undefined
  /** How many jobs of its key may run at once, where the key says so itself. */
  keyJobs?: number | undefined
  /** Of the key: an admin's may name the files of every key. */
  role?: Role | undefined
  /** What the client wrote, where the prompt was enhanced. */
  originalPrompt?: string | undefined
  /** The template that asked for it, and what is to be drawn over every picture. */
  template?: { id: string; version: number } | undefined
  composition?: ResolvedComposition | undefined
}

/** One output of the provider's, until it has been copied; plain JSON. */
export interface MadeMedia {
  mediaType: string
  url?: string
  sealed?: boolean
  revisedPrompt?: string
  seed?: number
  drawn?: Drawn
  /** Of a job of the kind text: all of it. */
  text?: string
  /** Its bytes came with the answer, and are kept already. */
  artifact?: StoredArtifact
  /** The same with a composition drawn over it. */
  composed?: StoredArtifact
  /** What drawing that has warned of; there where it was tried. */
  drawing?: string[]
  /** Why its bytes will never be had. */
  error?: JobError
}

/** What the provider has made of an attempt; plain JSON. */
export interface Made {
  media: MadeMedia[]
  usage: Usage
  /** Decimal nano-dollars. */
  providerCost?: string
  warnings: string[]
  upstreamRequestId?: string
}

/** An output as a job keeps it. */
export interface KeptOutput {
  artifact?: StoredArtifact
  /** Instead of an artifact. */
  text?: string
  /** The picture that it was drawn over. */
  composedOf?: string
  drawn?: Drawn
  seed: number | null
  revisedPrompt: string | null
}

/** What decides who is to be asked for a job. */
export type Placeable = Pick<
  JobRow,
  'kind' | 'model' | 'request' | 'metadata' | 'request_id' | 'key_id' | 'user_id' | 'deployment'
>

/** Who is to be asked for a job, and on which terms. Nothing has been called. */
export interface Placement {
  deployment: string
  provider: string
  upstreamModel: string
  emulated: boolean
  /** The experiment that the job takes part in, and its variant there. */
  assignment: Assignment | undefined
  /** How many jobs may run at once. */
  limits: { provider: number; deployment: number; key: number }
}

/** What is sent to a deployment: prepared, not yet sent. */
export interface Prepared {
  payloadHash: string
  /** Nano-dollars, by our prices and what is asked for; null when not known. */
  quoted: bigint | null
  mapped: MappedSetting[]
  /** The answer is the output itself: there is no other way to call the work off than to cut the call. */
  answersAtOnce: boolean
  send(attemptId: string, signal: AbortSignal): Promise<MediaOutcome>
}

/** What is to be done after an attempt that made nothing. */
export type Verdict = { again: number } | { fallback: true } | { end: true }

/**
 * What jobs need of the rest: who serves them, and how to speak to those. All
 * of it may throw TurnoutError; none of it writes to the tables of jobs.
 */
export interface Executor {
  /**
   * Who is to be asked next. With `isFull` those are passed over who have no
   * room now; undefined where that leaves nobody.
   * @throws TurnoutError where nobody serves the job, or nobody is left
   */
  place(job: Placeable, tried: readonly AttemptRow[], isFull?: (placement: Placement) => boolean): Placement | undefined
  prepare(job: JobRow, tried: readonly AttemptRow[], deployment: string, signal: AbortSignal): Promise<Prepared>
  poll(job: JobRow, attempt: AttemptRow, operation: RemoteOperation, signal: AbortSignal): Promise<MediaOutcome>
  cancel(job: JobRow, attempt: AttemptRow, operation: RemoteOperation, signal: AbortSignal): Promise<void>
  /** Keeps outputs whose bytes came with the answer, and describes the others. */
  stage(job: JobRow, attempt: AttemptRow, done: MediaDone, signal: AbortSignal): Promise<Made>
  /** Copies one output to our storage; idempotent. */
  collect(job: JobRow, attempt: AttemptRow, made: Made, index: number, signal: AbortSignal): Promise<StoredArtifact>
  /** Draws the job's composition over an output and keeps that beside it; idempotent. */
  compose(
    job: JobRow,
    attempt: AttemptRow,
    original: StoredArtifact,
    index: number,
    signal: AbortSignal,
  ): Promise<{ artifact: StoredArtifact; warnings: string[] }>
  judge(job: JobRow, attempts: readonly AttemptRow[], error: TurnoutError): Verdict
  /** Nano-dollars of what an attempt used; null when not known. */
  priceOf(job: JobRow, attempt: AttemptRow, usage: Usage): bigint | null
  /** Nano-dollars of an attempt that made nothing; null when not known. */
  costOfFailure(job: JobRow, attempt: AttemptRow, error: TurnoutError, accepted: boolean): bigint | null
}

/** How an attempt ended. */
export interface AttemptEnd {
  state: Exclude<JobAttemptState, 'submitting' | 'accepted' | 'made'>
  error?: JobError | undefined
  usage: Usage
  /** Nano-dollars; null when not known. */
  cost: bigint | null
  reported?: bigint | null | undefined
  upstreamRequestId?: string | undefined
  /** The provider has made what was asked for. */
  made?: boolean
}

/** How a job ended. */
export interface JobEnd {
  state: Exclude<JobState, 'queued' | 'running'>
  error?: JobError | undefined
  outputs?: KeptOutput[]
  warnings?: string[]
}
