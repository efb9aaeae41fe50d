import { isAmbiguous } from '../core/delivery.ts'
import { TurnoutError } from '../core/error.ts'
import type { MediaOutcome, MediaPending } from '../core/media.ts'
import { newId } from '../lib/ids.ts'
import { anySignal } from '../lib/signals.ts'
import type { Claimed } from './claim.ts'
import { Collecting, isWhole } from './collecting.ts'
import { PACE, type Pace } from './pace.ts'
import { errorRecord } from './record.ts'
import type { Transitions } from './transitions.ts'
import { isTrouble } from './trouble.ts'
import type { AttemptEnd, AttemptRow, Executor, JobRow, Made, Placement, Prepared } from './types.ts'

export interface StepServices {
  executor: Executor
  transitions: Transitions
  attemptsOf(jobId: string): Promise<AttemptRow[]>
  /**
   * Does what must not be left undone, such as writing down what a provider
   * has accepted, however long the database is away.
   */
  surely<T>(work: () => Promise<T>): Promise<T>
  now?: () => number
  pace?: Pace
}

/**
 * Makes the next step of one job: short, except where a provider's call is
 * itself long. Whatever it does before a crash, the next process can go on
 * from what is written down.
 */
export class Step {
  readonly #services: StepServices
  readonly #executor: Executor
  readonly #transitions: Transitions
  readonly #pace: Pace
  readonly #collecting: Collecting
  /** Ends the calls that are on their way, by job. */
  readonly #sending = new Map<string, AbortController>()
  #waiting = 0
  readonly #now: () => number

  constructor(services: StepServices) {
    this.#services = services
    this.#executor = services.executor
    this.#transitions = services.transitions
    this.#pace = services.pace ?? PACE
    this.#collecting = new Collecting({ ...services, pace: this.#pace })
    this.#now = services.now ?? Date.now
  }

  /** Cuts a call off that would answer with what nobody wants any more; nothing happens to one that can be called off later. */
  cancel(jobId: string): void {
    this.#sending.get(jobId)?.abort(CANCELED)
  }

  /** How many of the steps do nothing but wait for the answer of a provider: the limits of jobs bound them. */
  get waiting(): number {
    return this.#waiting
  }

  /** @throws LeaseLost, and whatever the database failed with */
  async make(claimed: Claimed, signal: AbortSignal): Promise<void> {
    const { job } = claimed
    // One that waits has never been sent.
    const attempts = job.state === 'queued' ? [] : await this.#services.attemptsOf(job.id)
    const last = attempts.at(-1)
    if (job.step === 'start') await this.#start(claimed, attempts, signal)
    else if (last === undefined) throw new Error(`job ${job.id} has no attempt at the step ${job.step}`)
    else if (job.step === 'collect') await this.#collecting.collect(job, last, attempts, signal)
    else if (job.step === 'poll') await this.#poll(job, last, attempts, signal)
    else if (job.step === 'reconcile') await this.#reconcile(job, last, attempts, signal)
  }

  async #start({ job, placement, error }: Claimed, attempts: AttemptRow[], signal: AbortSignal): Promise<void> {
    const last = attempts.at(-1)
    if (last?.state === 'submitting') return this.#diedWhileSubmitting(job, last)
    if (job.cancel_requested_at !== null) return this.#end(job, 'canceled', CANCELED)
    if (error !== undefined) return this.#end(job, 'failed', error)
    if (this.#isLate(job)) return this.#end(job, 'failed', tooLate())
    let chosen: Chosen
    try {
      chosen = await this.#choose(job, placement, attempts, signal)
    } catch (thrown) {
      const failure = TurnoutError.from(thrown)
      // Something of our own is away: nothing was sent, and nobody has to know.
      if (failure.code === 'overloaded') return this.#transitions.later(job, this.#pace.trouble(job.tries), null)
      return this.#end(job, 'failed', failure)
    }
    await this.#submit(job, chosen, attempts, signal)
  }

  async #submit(job: JobRow, chosen: Chosen, attempts: readonly AttemptRow[], signal: AbortSignal): Promise<void> {
    const { placement, prepared } = chosen
    const attempt = { id: newId('att'), number: (attempts.at(-1)?.number ?? 0) + 1 }
    const canceled = new AbortController()
    this.#sending.set(job.id, canceled)
    try {
      // Whether a commit that had no answer was made is found out before anything is sent.
      let tries = 0
      const { job: running, attempt: row } = await this.#services.surely(() =>
        this.#transitions.submitting(job, attempt, placement, prepared, tries++ > 0),
      )
      const all = [...attempts, row]
      if (canceled.signal.aborted || running.cancel_requested_at !== null) return await this.#unsent(running, row)
      let outcome: MediaOutcome
      const deadline = this.#deadline(job)
      this.#waiting += 1
      try {
        const ends = [signal, deadline.signal, ...(prepared.answersAtOnce ? [canceled.signal] : [])]
        outcome = await prepared.send(attempt.id, anySignal(ends))
      } catch (thrown) {
        const error = TurnoutError.from(thrown)
        // It was cut off on its way, and may be billed.
        if (canceled.signal.aborted && error.code === 'canceled') {
          return await this.#end(running, 'canceled', CANCELED, { attempt: row })
        }
        return await this.#failed(running, row, all, error)
      } finally {
        this.#waiting -= 1
        deadline.clear()
      }
      // One that came just before it was to be cut off.
      const cancelRequestedAt = canceled.signal.aborted ? new Date() : running.cancel_requested_at
      await this.#goOn({ ...running, cancel_requested_at: cancelRequestedAt }, row, all, outcome, signal)
    } finally {
      this.#sending.delete(job.id)
    }
  }

  /** It was canceled just before anything was sent. */
  async #unsent(job: JobRow, row: AttemptRow): Promise<void> {
    const error = errorRecord(CANCELED)
    const end: AttemptEnd = { state: 'not_delivered', error, usage: {}, cost: 0n }
    await this.#services.surely(() => this.#transitions.finished(job, { state: 'canceled', error }, { row, end }))
  }

  async #choose(
    job: JobRow,
    placed: Placement | undefined,
    attempts: readonly AttemptRow[],
    signal: AbortSignal,
  ): Promise<Chosen> {
    const placement = placed ?? this.#executor.place(job, attempts)
    if (placement === undefined) throw new TurnoutError('internal', 'There is no deployment for the job.')
    const prepared = await this.#executor.prepare(job, attempts, placement.deployment, signal)
    return { placement, prepared }
  }

  /**
   * Whoever sent it has died before the answer was written down. It may have
   * been accepted and it may be billed, so it is never sent again by itself.
   */
  async #diedWhileSubmitting(job: JobRow, attempt: AttemptRow): Promise<void> {
    const error = new TurnoutError(
      'unknown_outcome',
      `Turnout was stopped while the request was on its way to ${attempt.provider}. It may be carried out and billed; it was not sent again.`,
      { provider: attempt.provider },
    )
    await this.#unknown(job, attempt, error)
  }

  async #unknown(job: JobRow, attempt: AttemptRow, error: TurnoutError, lookAgainMs?: number): Promise<void> {
    const record = errorRecord(error)
    const end: AttemptEnd = {
      state: 'unknown',
      error: record,
      usage: {},
      cost: null,
      upstreamRequestId: error.upstreamRequestId,
    }
    await this.#services.surely(() =>
      this.#transitions.finished(job, { state: 'unknown', error: record }, { row: attempt, end }, lookAgainMs),
    )
  }

  async #goOn(
    job: JobRow,
    attempt: AttemptRow,
    attempts: readonly AttemptRow[],
    outcome: MediaOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    if (outcome.status === 'pending') {
      const pending = { ...outcome, pollAfterMs: this.#pace.poll(outcome.pollAfterMs, 0) }
      await this.#services.surely(() => this.#transitions.accepted(attempt, pending))
      return
    }
    const staged = await this.#executor.stage(job, attempt, outcome, signal)
    const made = { ...staged, warnings: [...warningsOf(attempt), ...staged.warnings] }
    // Where nothing is left to be fetched, the end says it all; where that takes long, what was paid for is safe before.
    const isEnd = isWhole(job, made) && this.#transitions.endsAtOnce(job, attempt)
    if (isEnd) return this.#collecting.end(job, attempt, attempts, made)
    const collecting = await this.#services.surely(() => this.#transitions.made(attempt, made))
    await this.#collecting.collect(collecting, { ...attempt, state: 'made', result: made }, attempts, signal)
  }

  async #poll(job: JobRow, attempt: AttemptRow, attempts: readonly AttemptRow[], signal: AbortSignal): Promise<void> {
    const toCancel = job.cancel_requested_at !== null
    if (toCancel) await this.#callOff(job, attempt, signal)
    const outcome = await this.#ask(job, attempt, signal)
    if (outcome instanceof TurnoutError) {
      if (isTrouble(outcome)) await this.#inTrouble(job, attempt, outcome)
      else if (toCancel) await this.#end(job, 'canceled', CANCELED, { attempt, cause: outcome })
      else await this.#failed(job, attempt, attempts, outcome)
    } else if (outcome.status === 'done') await this.#goOn(job, attempt, attempts, outcome, signal)
    else if (toCancel) await this.#stillThere(job, attempt)
    else if (this.#isLate(job)) await this.#overdue(job, attempt, attempts, signal)
    else await this.#transitions.progressed(job, attempt, outcome, this.#pollAfter(job, attempt, outcome))
  }

  async #ask(job: JobRow, attempt: AttemptRow, signal: AbortSignal): Promise<MediaOutcome | TurnoutError> {
    try {
      return await this.#executor.poll(job, attempt, operationOf(attempt), signal)
    } catch (thrown) {
      return TurnoutError.from(thrown)
    }
  }

  async #callOff(job: JobRow, attempt: AttemptRow, signal: AbortSignal): Promise<void> {
    try {
      await this.#executor.cancel(job, attempt, operationOf(attempt), signal)
    } catch {
      // It may be too late to call it off: the poll tells.
    }
  }

  /** It was called off, and goes on all the same: after a while that is let be, and may be billed. */
  async #stillThere(job: JobRow, attempt: AttemptRow): Promise<void> {
    if (job.tries < this.#pace.cancelTries) return this.#transitions.later(job, this.#pace.cancelMs, null)
    await this.#end(job, 'canceled', CANCELED, { attempt })
  }

  /** Polls cost nothing and say nothing of the work when they fail; at the deadline nobody knows what became of it. */
  async #inTrouble(job: JobRow, attempt: AttemptRow, error: TurnoutError): Promise<void> {
    if (!this.#isLate(job)) {
      const wait = Math.max(this.#pace.trouble(job.tries), error.retryAfterMs ?? 0)
      return this.#transitions.later(job, wait, { reason: 'retry', detail: error.message })
    }
    const lost = new TurnoutError(
      'unknown_outcome',
      `${attempt.provider} accepted the request, but cannot be asked how it is. It may be carried out and billed; it was not sent again. Last: ${error.message}`,
      { provider: attempt.provider, upstreamRequestId: error.upstreamRequestId },
    )
    await this.#unknown(job, attempt, lost, this.#pace.reconcile(0))
  }

  /** The deadline has passed: the work is called off, and asked for one last time. */
  async #overdue(
    job: JobRow,
    attempt: AttemptRow,
    attempts: readonly AttemptRow[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#callOff(job, attempt, signal)
    const outcome = await this.#ask(job, attempt, signal)
    if (!(outcome instanceof TurnoutError) && outcome.status === 'done') {
      return this.#goOn(job, attempt, attempts, outcome, signal)
    }
    if (outcome instanceof TurnoutError && !isTrouble(outcome)) {
      return this.#end(job, 'failed', tooLate(), { attempt, cause: outcome })
    }
    const error = new TurnoutError(
      'timeout',
      `${attempt.provider} was not done by the deadline of the job and was asked to stop; it may still finish and bill it.`,
      { provider: attempt.provider },
    )
    await this.#unknown(job, attempt, error, this.#pace.reconcile(0))
  }

  /** What was given up may have been done all the same: it has been paid for, so it is looked for. */
  async #reconcile(
    job: JobRow,
    attempt: AttemptRow,
    attempts: readonly AttemptRow[],
    signal: AbortSignal,
  ): Promise<void> {
    const outcome = await this.#ask(job, attempt, signal)
    if (!(outcome instanceof TurnoutError) && outcome.status === 'done') {
      return this.#goOn(job, attempt, attempts, outcome, signal)
    }
    if (outcome instanceof TurnoutError && !isTrouble(outcome)) {
      return this.#end(job, 'failed', outcome, { attempt, cause: outcome })
    }
    const wait = this.#pace.reconcile(job.tries + 1)
    if (wait !== undefined) return this.#transitions.later(job, wait, null)
    await this.#unknown(
      job,
      attempt,
      new TurnoutError(job.error!.code, job.error!.message, { provider: attempt.provider }),
    )
  }

  /** An attempt has ended badly: what that means depends on what the provider may have done. */
  async #failed(job: JobRow, attempt: AttemptRow, attempts: readonly AttemptRow[], error: TurnoutError): Promise<void> {
    const accepted = attempt.operation !== null
    if (!accepted && (isAmbiguous(error) || error.code === 'unknown_outcome')) {
      const code = new TurnoutError('unknown_outcome', error.message, {
        provider: error.provider ?? attempt.provider,
        upstreamRequestId: error.upstreamRequestId,
      })
      return this.#unknown(job, attempt, code)
    }
    const end = this.#endOf(job, attempt, error, accepted)
    const verdict =
      job.cancel_requested_at === null ? this.#executor.judge(job, attempts, error) : { end: true as const }
    if ('end' in verdict || this.#isLate(job)) {
      const state = job.cancel_requested_at === null ? 'failed' : 'canceled'
      await this.#services.surely(() =>
        this.#transitions.finished(job, { state, error: errorRecord(error) }, { row: attempt, end }),
      )
      return
    }
    const sameDeployment = 'again' in verdict
    const next = {
      waitMs: sameDeployment ? verdict.again : 0,
      sameDeployment,
      waiting: { reason: 'retry' as const, detail: error.message },
    }
    await this.#services.surely(() => this.#transitions.goesOn(job, attempt, end, next))
  }

  #endOf(job: JobRow, attempt: AttemptRow, error: TurnoutError, accepted: boolean): AttemptEnd {
    const { usage = {}, providerCost } = error
    return {
      state: !error.delivered ? 'not_delivered' : accepted ? 'failed' : 'refused',
      error: errorRecord(error),
      usage,
      cost: this.#executor.costOfFailure(job, attempt, error, accepted),
      reported: providerCost,
      upstreamRequestId: error.upstreamRequestId,
    }
  }

  /** The job ends, and with it the attempt that was under way, if there is one. */
  async #end(
    job: JobRow,
    state: 'failed' | 'canceled',
    error: TurnoutError,
    open?: { attempt: AttemptRow; cause?: TurnoutError },
  ): Promise<void> {
    const record = errorRecord(error)
    const ended = open && {
      row: open.attempt,
      end: {
        ...(open.cause ? this.#endOf(job, open.attempt, open.cause, true) : { usage: {}, cost: null, error: record }),
        state,
      },
    }
    await this.#services.surely(() => this.#transitions.finished(job, { state, error: record }, ended))
  }

  #isLate(job: JobRow): boolean {
    return this.#now() >= job.deadline_at.getTime()
  }

  #deadline(job: JobRow): { signal: AbortSignal; clear(): void } {
    const controller = new AbortController()
    const rest = Math.min(LONGEST_TIMER_MS, Math.max(0, job.deadline_at.getTime() - this.#now()))
    const timer = setTimeout(() => controller.abort(tooLate()), rest).unref()
    return { signal: controller.signal, clear: () => clearTimeout(timer) }
  }

  #pollAfter(job: JobRow, attempt: AttemptRow, { pollAfterMs }: MediaPending): number {
    const since = attempt.accepted_at ?? job.created_at
    return this.#pace.poll(pollAfterMs, this.#now() - since.getTime())
  }
}

interface Chosen {
  placement: Placement
  prepared: Prepared
}

/** The longest that a timer of Node takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What the provider warned of when it accepted the work. */
const warningsOf = ({ result }: AttemptRow): string[] => (result as Partial<Made> | null)?.warnings ?? []

const CANCELED = new TurnoutError('canceled', 'The job was canceled.')

const tooLate = () => new TurnoutError('timeout', 'The deadline of the job has passed.')

const operationOf = (attempt: AttemptRow): MediaPending['operation'] => {
  if (attempt.operation === null) throw new Error(`attempt ${attempt.id} has no operation`)
  return attempt.operation as MediaPending['operation']
}
