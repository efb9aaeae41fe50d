import type { Usage } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { readAnswer } from '../../core/openai/answer.ts'
import { retryDelay } from '../../core/retry.ts'
import type { Ledger } from '../../ledger/types.ts'
import { redact } from '../../lib/redact.ts'
import type { Watchdog } from '../../lib/watchdog.ts'
import { type AttemptObserver, Meter } from '../metering.ts'
import type { Wires } from '../wire.ts'
import { type AttemptListener, RelayAttempt } from './attempt.ts'
import type { AnswerHead, RelayCall, RelayClient } from './types.ts'

export interface RelayServices {
  wires: Wires
  watchdog: Watchdog
  ledger: Ledger
  observer: AttemptObserver
}

/** Pictures are paid for when the provider accepts them: what may have been accepted is never sent again. */
const isPaidOnAcceptance = (call: RelayCall): boolean => call.operation.startsWith('images.')

/** Failures that leave open whether the provider has carried the request out. */
const isAmbiguous = (error: TurnoutError): boolean =>
  error.code === 'connection' ||
  error.code === 'timeout' ||
  (error.code === 'upstream_error' && error.upstreamStatus === 502)

/**
 * Brings one request of OpenAI's dialect to an upstream of the same dialect
 * and the answer back, byte for byte, with as many attempts as the policy
 * allows as long as the client has not seen any of it.
 */
export class Relay implements AttemptListener {
  readonly #services: RelayServices
  readonly #call: RelayCall
  readonly #client: RelayClient
  #attempts = 0
  #attempt: RelayAttempt | undefined
  #meter: Meter | undefined
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(services: RelayServices, call: RelayCall, client: RelayClient) {
    this.#services = services
    this.#call = call
    this.#client = client
  }

  start(): void {
    const { wires, watchdog, ledger, observer } = this.#services
    const wire = wires.get(this.#call.deployment, this.#call.operation)
    this.#attempts += 1
    this.#meter = new Meter(ledger, observer, this.#call, this.#call.deployment, this.#attempts)
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
    this.#meter!.fail('canceled', attempt.usage, attempt.delivered, attempt.upstreamRequestId, () => {})
  }

  /** The client is ready for more. */
  resume(): void {
    this.#attempt?.resume()
  }

  onAnswer(attempt: RelayAttempt, body: Buffer, contentType: string): void {
    const usage = this.#call.streamed ? undefined : readAnswer(this.#call.operation, body)
    if (usage === undefined) {
      this.onFailure(attempt, this.#notAnAnswer(attempt, body))
      return
    }
    this.#over = true
    this.#meter!.succeed(this.#counted(usage), attempt.upstreamRequestId, (cost) =>
      this.#client.answer(this.#head(contentType), cost, body),
    )
  }

  onCommit(): void {
    this.#meter!.firstPartAt = Date.now()
    this.#client.begin(this.#head('text/event-stream; charset=utf-8'))
  }

  onEvents(_: RelayAttempt, bytes: Buffer): boolean {
    return this.#client.write(bytes)
  }

  onComplete(attempt: RelayAttempt): void {
    this.#over = true
    this.#meter!.succeed(this.#counted(attempt.usage), attempt.upstreamRequestId, (cost) => this.#client.end(cost))
  }

  onUnread(): void {
    this.cancel()
    this.#client.fail(new TurnoutError('canceled', 'The answer was not read.'), this.#attempts)
  }

  onFailure(attempt: RelayAttempt, failure: TurnoutError): void {
    const error = this.#asSeenByClient(attempt, failure)
    this.#attempt = undefined
    const delay = attempt.committed
      ? null
      : retryDelay(this.#call.deployment.retry, error, this.#attempts - 1, Math.random())
    const mayBeBilled = attempt.delivered && error.upstreamStatus === undefined
    if (delay === null) {
      this.#over = true
      this.#meter!.fail(error.code, attempt.usage, mayBeBilled, attempt.upstreamRequestId, () =>
        this.#client.fail(error, this.#attempts),
      )
      return
    }
    this.#meter!.fail(error.code, attempt.usage, mayBeBilled, attempt.upstreamRequestId, () => {})
    this.#timer = setTimeout(() => this.start(), delay)
  }

  #head(contentType: string): AnswerHead {
    return { deployment: this.#call.deployment, attempts: this.#attempts, contentType }
  }

  /** The usage, and of pictures how many there are; what they cost in tokens is all output that an image model has. */
  #counted(usage: Usage): Usage {
    if (!isPaidOnAcceptance(this.#call)) return usage
    return { imageOutputTokens: usage.outputTokens, ...usage, images: this.#call.choices }
  }

  #notAnAnswer(attempt: RelayAttempt, body: Buffer): TurnoutError {
    const { provider } = this.#call.deployment
    const text = body.toString('utf8')
    try {
      const { error } = JSON.parse(text) as { error?: unknown }
      if (error) return attempt.refusal(text)
    } catch {}
    return new TurnoutError('invalid_output', `${provider.id} answered something that is not what was asked for.`, {
      provider: provider.id,
      upstreamRequestId: attempt.upstreamRequestId,
    })
  }

  /** The failure in the light of what the request costs and of who will read it. */
  #asSeenByClient(attempt: RelayAttempt, error: TurnoutError): TurnoutError {
    const { provider } = this.#call.deployment
    const mayBePaid = isPaidOnAcceptance(this.#call) && attempt.delivered && isAmbiguous(error)
    const code = attempt.committed ? 'stream_interrupted' : mayBePaid ? 'unknown_outcome' : error.code
    const unpaid = isPaidOnAcceptance(this.#call) && code === 'invalid_output' ? false : undefined
    const message = redact(error.message, [provider.credential])
    if (code === error.code && message === error.message && unpaid === undefined) return error
    return new TurnoutError(
      code,
      mayBePaid ? `${message} The request may have been carried out and billed; it was not sent again.` : message,
      {
        provider: error.provider,
        param: error.param,
        retryAfterMs: error.retryAfterMs,
        retryable: code === error.code ? (unpaid ?? error.retryable) : undefined,
        upstreamStatus: error.upstreamStatus,
        upstreamRequestId: error.upstreamRequestId,
        upstreamCode: error.upstreamCode,
        cause: error,
      },
    )
  }
}
