import { TurnoutError } from '../core/error.ts'
import { isAway } from '../core/trouble.ts'
import type { Pace } from './pace.ts'
import { errorRecord } from './record.ts'
import type { StepServices } from './step.ts'
import type { AttemptEnd, AttemptRow, Executor, JobRequest, JobRow, KeptOutput, Made, MadeMedia } from './types.ts'

/** Brings what a provider has made into our storage, and books what it came to. */
export class Collecting {
  readonly #services: StepServices
  readonly #executor: Executor
  readonly #transitions: StepServices['transitions']
  readonly #pace: Pace

  constructor(services: StepServices & { pace: Pace }) {
    this.#services = services
    this.#executor = services.executor
    this.#transitions = services.transitions
    this.#pace = services.pace
  }

  /** @throws LeaseLost, and whatever the database failed with */
  async collect(job: JobRow, attempt: AttemptRow, attempts: readonly AttemptRow[], signal: AbortSignal) {
    const made = attempt.result as Made | null
    if (made === null) throw new Error(`attempt ${attempt.id} has no result to collect`)
    const copies = await Promise.all(
      made.media.map((media, index) => this.#bring(job, attempt, made, media, index, signal)),
    )
    const media = copies.map((copy) => copy.media)
    if (copies.some((copy) => copy.changed)) {
      await this.#services.surely(() => this.#transitions.copied(attempt, { ...made, media }))
    }
    if (copies.some((copy) => copy.again)) {
      const detail = 'An output is made, but could not be fetched yet.'
      return this.#transitions.later(job, this.#pace.trouble(job.tries), { reason: 'collecting', detail })
    }
    await this.end(job, attempt, attempts, { ...made, media })
  }

  /** One output, and what is to be drawn over it. */
  async #bring(
    job: JobRow,
    attempt: AttemptRow,
    made: Made,
    media: MadeMedia,
    index: number,
    signal: AbortSignal,
  ): Promise<Brought> {
    const brought = isDone(media) ? { media, changed: false } : await this.#copy(job, attempt, made, index, signal)
    const { artifact, drawing } = brought.media
    const { composition } = job.request as JobRequest
    if (composition === undefined || artifact === undefined || drawing !== undefined) return brought
    try {
      const { artifact: composed, warnings } = await this.#executor.compose(job, attempt, artifact, index, signal)
      return { media: { ...brought.media, composed, drawing: warnings }, changed: true }
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const error = TurnoutError.from(thrown)
      if (this.#mayCome(job, error)) return { ...brought, again: true }
      return {
        media: { ...brought.media, drawing: [`The composition was not drawn: ${error.message}`] },
        changed: true,
      }
    }
  }

  async #copy(job: JobRow, attempt: AttemptRow, made: Made, index: number, signal: AbortSignal): Promise<Brought> {
    const media = made.media[index]!
    try {
      const artifact = await this.#executor.collect(job, attempt, made, index, signal)
      return { media: { ...media, artifact }, changed: true }
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const error = TurnoutError.from(thrown)
      if (this.#mayCome(job, error)) return { media, changed: false, again: true }
      return { media: { ...media, error: errorRecord(error) }, changed: true }
    }
  }

  #mayCome({ tries }: JobRow, error: TurnoutError): boolean {
    if (!error.retryable) return false
    const most = this.#pace.tries
    if (isAway(error)) return tries < most.ours
    // An output that is not there yet comes soon, or has been there and is gone.
    return tries < (error.upstreamStatus === 404 ? most.missing : most.provider)
  }

  /**
   * All there is of it is here. It has been paid for, whatever of it could not be had.
   *
   * @throws LeaseLost, and whatever the database failed with
   */
  async end(job: JobRow, attempt: AttemptRow, attempts: readonly AttemptRow[], made: Made): Promise<void> {
    const reported = made.providerCost === undefined ? attempt.reported_nano : BigInt(made.providerCost)
    const cost = reported ?? this.#executor.priceOf(job, attempt, made.usage)
    const kept = made.media.flatMap(
      ({ artifact, composed, text, drawn, seed = null, revisedPrompt = null }): KeptOutput[] => {
        if (!artifact) return text === undefined ? [] : [{ text, seed, revisedPrompt }]
        const original = { artifact, seed, revisedPrompt, ...(drawn && { drawn }) }
        return composed ? [{ ...original, artifact: composed, composedOf: artifact.id }, original] : [original]
      },
    )
    const common = { usage: made.usage, cost, reported, upstreamRequestId: made.upstreamRequestId, made: true }
    const lost = made.media.flatMap(({ error }) => (error ? [error.message] : []))
    if (kept.length === 0) {
      const message =
        made.media.length === 0
          ? `${attempt.provider} answered without any output.`
          : `It was made and paid for, but could not be fetched from ${attempt.provider}: ${lost.join(' ')}`
      // Whatever it was that failed: to ask for it once more would be to pay for it once more.
      const paid = { provider: attempt.provider, retryable: false }
      const error = errorRecord(new TurnoutError('invalid_output', message, paid))
      const end: AttemptEnd = { ...common, state: 'failed', error }
      await this.#services.surely(() =>
        this.#transitions.finished(job, { state: 'failed', error }, { row: attempt, end }),
      )
      return
    }
    const warnings = [
      ...made.warnings,
      ...made.media.flatMap(({ drawing = [] }) => drawing),
      ...(lost.length > 0
        ? [`${lost.length} of ${made.media.length} outputs could not be fetched: ${lost.join(' ')}`]
        : []),
      ...(job.cancel_requested_at ? ['It was to be canceled, but was done before that.'] : []),
      ...(attempts.length > 1 ? [`It took ${attempts.length} attempts.`] : []),
    ]
    const end: AttemptEnd = { ...common, state: 'succeeded' }
    await this.#services.surely(() =>
      this.#transitions.finished(job, { state: 'succeeded', outputs: kept, warnings }, { row: attempt, end }),
    )
  }
}

interface Brought {
  media: MadeMedia
  changed: boolean
  /** It is worth another try. */
  again?: boolean
}

/** It is here, or never will be. */
const isDone = ({ artifact, text, error }: MadeMedia): boolean =>
  artifact !== undefined || text !== undefined || error !== undefined

/** Whether nothing is left to be fetched or drawn. */
export const isWhole = ({ request }: JobRow, { media }: Made): boolean =>
  (request as JobRequest).composition === undefined && media.every(isDone)
