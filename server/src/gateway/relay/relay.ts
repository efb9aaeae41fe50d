import type { Usage } from '@turnout/contract'
import { mayBeBilled } from '../../core/delivery.ts'
import { TurnoutError } from '../../core/error.ts'
import { countPictures, readAnswer } from '../../core/openai/answer.ts'
import { formProblem } from '../../core/openai/chat-output.ts'
import { isEmptyCompletion } from '../../core/openai/empty.ts'
import { verdictChunk } from '../../core/openai/verdict-chunk.ts'
import { textsOf } from '../../core/validation/completion.ts'
import { saidNothing } from '../../core/validation/failure.ts'
import type { JudgedText } from '../../core/validation/rules.ts'
import type { Ledger } from '../../ledger/types.ts'
import { EVENT_STREAM } from '../../lib/sse.ts'
import type { Watchdog } from '../../lib/watchdog.ts'
import { type AttemptObserver, Meter } from '../metering.ts'
import { pauseBefore } from '../routing/trail.ts'
import { unfit } from '../text/unfit.ts'
import { toldToClient } from '../told.ts'
import { judgeTexts, mendCompletion, mendStream } from '../validation/completion.ts'
import { addCosts, type Judgement, PASSED, type Review } from '../validation/review.ts'
import type { Wires } from '../wire.ts'
import { type AttemptListener, RelayAttempt } from './attempt.ts'
import type { AnswerHead, RelayCall, RelayClient, Running } from './types.ts'

export interface RelayServices {
  wires: Wires
  watchdog: Watchdog
  ledger: Ledger
  observer: AttemptObserver
}

const nothing = (): void => {}

/**
 * Brings one request of OpenAI's dialect to an upstream of the same dialect
 * and the answer back, byte for byte, with as many attempts as the policy
 * allows as long as the client has not seen any of it.
 */
export class Relay implements AttemptListener, Running {
  readonly #services: RelayServices
  readonly #call: RelayCall
  readonly #client: RelayClient
  /** Pictures are paid for when the provider accepts them: what may have been accepted is never sent again. */
  readonly #paidOnAcceptance: boolean
  /** How many times this deployment has been asked. */
  #asked = 0
  #attempt: RelayAttempt | undefined
  #meter: Meter | undefined
  #timer: NodeJS.Timeout | undefined
  /** A whole answer is being judged. */
  #judging: { controller: AbortController; usage: Usage } | undefined
  #over = false

  constructor(services: RelayServices, call: RelayCall, client: RelayClient) {
    this.#services = services
    this.#call = call
    this.#client = client
    this.#paidOnAcceptance = call.operation === 'images.generate' || call.operation === 'images.edit'
  }

  start(): void {
    const { wires, watchdog, ledger, observer } = this.#services
    const wire = wires.get(this.#call.deployment, this.#call.operation)
    this.#asked += 1
    this.#meter = new Meter(ledger, observer, this.#call, this.#call.deployment, this.#asked, this.#asked - 1)
    this.#attempt = new RelayAttempt(this.#call, wire, this, watchdog)
    this.#attempt.start()
  }

  /** The client went away: the upstream is cut off at once. */
  cancel(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    const attempt = this.#attempt
    if (!attempt) return
    attempt.abort()
    this.#judging?.controller.abort(
      new TurnoutError('canceled', 'The client went away before the answer was complete.'),
    )
    const usage = this.#judging?.usage ?? attempt.usage
    this.#meter!.fail('canceled', usage, attempt.delivered, attempt.upstreamRequestId, nothing)
  }

  /** How many have been made. */
  get attempts(): number {
    return this.#meter?.number ?? 0
  }

  /** The client is ready for more. */
  resume(): void {
    this.#attempt?.resume()
  }

  onAnswer(attempt: RelayAttempt, body: Buffer, contentType: string): void {
    const usage = readAnswer(this.#call.operation, body)
    if (usage === undefined || this.#call.streamed) {
      this.onFailure(attempt, this.#notAsAsked(attempt, body, usage !== undefined))
      return
    }
    const { output, review } = this.#call
    const mended = review && mendCompletion(body, review)
    const problem = output && formProblem(mended?.texts ?? textsOf(body), output)
    if (problem) {
      const error = unfit(this.#call.deployment.provider.id, problem, attempt.upstreamRequestId)
      this.#onFailure(attempt, error, usage, false)
      return
    }
    const { trail, deployment, operation } = this.#call
    if (operation === 'chat' && trail?.refusesEmpty && isEmptyCompletion(mended?.body ?? body)) {
      this.#onFailure(attempt, saidNothing(deployment.provider.id, attempt.upstreamRequestId), usage, false)
      return
    }
    trail?.heard(deployment)
    if (review === undefined || mended === undefined) {
      this.#accept(attempt, body, usage, contentType, { cost: 0n, warnings: [] })
      return
    }
    this.#judge(review, attempt, mended.texts, usage, ({ cost, warnings }) => {
      const all = [...mended.warnings, ...warnings]
      this.#accept(attempt, mended.body, usage, contentType, { cost, warnings: all })
    })
  }

  #accept(
    attempt: RelayAttempt,
    body: Buffer,
    usage: Usage,
    contentType: string,
    { cost: ofJudging, warnings }: Judgement,
  ): void {
    this.#over = true
    const counted = this.#paidOnAcceptance ? pictureUsage(usage, countPictures(body)) : usage
    this.#meter!.succeed(counted, attempt.upstreamRequestId, (cost) =>
      this.#client.answer(this.#head(contentType, warnings), addCosts(cost, ofJudging), body),
    )
  }

  /** @param then What is done with an answer that has passed. */
  #judge(
    review: Review,
    attempt: RelayAttempt,
    texts: readonly JudgedText[],
    usage: Usage,
    then: (judgement: Judgement) => void,
  ): void {
    const controller = new AbortController()
    this.#judging = { controller, usage }
    this.#meter!.answeredAt = Date.now()
    const { upstreamRequestId } = attempt
    const provider = this.#call.deployment.provider.id
    judgeTexts(texts, review, { provider, upstreamRequestId, signal: controller.signal }).then(
      (judgement) => {
        if (!this.#over) then(judgement)
      },
      (thrown: unknown) => {
        this.#judging = undefined
        if (!this.#over) this.#onFailure(attempt, TurnoutError.from(thrown), usage, false)
      },
    )
  }

  onCommit(attempt: RelayAttempt): void {
    this.#meter!.firstPartAt = attempt.committedAt
    this.#client.begin(this.#head(EVENT_STREAM))
  }

  onEvents(_: RelayAttempt, bytes: Buffer): boolean {
    return this.#client.write(bytes)
  }

  onComplete(attempt: RelayAttempt): void {
    this.#complete(attempt, 0n)
  }

  onHeld(attempt: RelayAttempt, pieces: readonly Buffer[]): void {
    const { output, review } = this.#call
    this.#meter!.firstPartAt = attempt.committedAt
    if (review === undefined) {
      this.#show(attempt, pieces, { cost: 0n, warnings: [] })
      return
    }
    const { body, head, texts, warnings } = mendStream(Buffer.concat(pieces), review)
    const problem = output && formProblem(texts, output)
    if (problem) {
      this.onUnfit(attempt, problem)
      return
    }
    this.#judge(review, attempt, texts, attempt.usage, ({ cost, warnings: noted }) => {
      const all = [...warnings, ...noted]
      const verdict = verdictChunk(head, PASSED, [...(this.#call.warnings ?? []), ...all])
      this.#show(attempt, [body, verdict], { cost, warnings: all })
    })
  }

  /** Gives a stream that was held. */
  #show(attempt: RelayAttempt, pieces: readonly Buffer[], { cost, warnings }: Judgement): void {
    this.#client.begin(this.#head(EVENT_STREAM, warnings))
    for (const piece of pieces) this.#client.write(piece)
    this.#complete(attempt, cost)
  }

  #complete(attempt: RelayAttempt, ofJudging: bigint | null): void {
    this.#over = true
    const counted = this.#paidOnAcceptance ? pictureUsage(attempt.usage, attempt.images) : attempt.usage
    this.#meter!.succeed(counted, attempt.upstreamRequestId, (cost) => this.#client.end(addCosts(cost, ofJudging)))
  }

  onLimit(until: number): void {
    this.#services.observer.limitReached(this.#call.deployment, until)
  }

  onUnread(): void {
    this.cancel()
    this.#client.fail(new TurnoutError('canceled', 'The answer was not read.'), this.attempts)
  }

  onFailure(attempt: RelayAttempt, failure: TurnoutError): void {
    this.#onFailure(attempt, failure, attempt.usage, attempt.shown)
  }

  onUnfit(attempt: RelayAttempt, problem: string): void {
    const failure = unfit(this.#call.deployment.provider.id, problem, attempt.upstreamRequestId)
    this.#onFailure(attempt, failure, attempt.usage, false)
  }

  /** @param cut The client has seen the beginning of an answer whose end will not come. */
  #onFailure(attempt: RelayAttempt, failure: TurnoutError, usage: Usage, cut: boolean): void {
    const { deployment } = this.#call
    const { shown } = this.#call
    const circumstances = { deployment, paidOnAcceptance: this.#paidOnAcceptance }
    const error = toldToClient(failure, { ...circumstances, committed: cut })
    const broken = cut &&
      shown && {
        deployment,
        failure: toldToClient(failure, { ...circumstances, committed: false }),
        told: error,
        shown,
      }
    this.#attempt = undefined
    const then = () => {
      if (this.#over) return
      const retries = this.#asked - 1
      const delay = attempt.shown ? null : pauseBefore(this.#call.trail, deployment, error, retries)
      if (delay !== null) this.#timer = setTimeout(() => this.start(), delay)
      else {
        this.#over = true
        this.#client.fail(error, this.attempts, broken || undefined)
      }
    }
    this.#meter!.fail(error.code, usage, mayBeBilled(failure), attempt.upstreamRequestId, then, error.retryAfterMs)
  }

  #head(contentType: string, more: readonly string[] = []): AnswerHead {
    const { deployment, warnings = [] } = this.#call
    return { deployment, attempts: this.attempts, contentType, warnings: [...warnings, ...more] }
  }

  /** An answer with a good status that is not what was asked for. One that was paid for is not asked for again. */
  #notAsAsked(attempt: RelayAttempt, body: Buffer, isAnswer: boolean): TurnoutError {
    if (!isAnswer) {
      const text = body.toString('utf8')
      try {
        const { error } = JSON.parse(text) as { error?: unknown }
        if (error) return attempt.refusal(text)
      } catch {}
    }
    const provider = this.#call.deployment.provider.id
    const what = isAnswer
      ? 'answered at once although a stream was asked for'
      : 'answered something that is not what was asked for'
    return new TurnoutError('invalid_output', `${provider} ${what}.`, {
      provider,
      upstreamRequestId: attempt.upstreamRequestId,
      retryable: !isAnswer,
    })
  }
}

/** All that an image model puts out is pictures, also where the details do not say so. */
const pictureUsage = (usage: Usage, images: number): Usage => ({
  imageOutputTokens: usage.outputTokens,
  ...usage,
  images,
})
