import { TurnoutError } from '../../core/error.ts'
import { OutputReader } from '../../core/structured/output.ts'
import type { TextPart } from '../../core/text.ts'
import { type AttemptScope, attempt, failed, succeeded } from '../attempts.ts'
import { toldToClient } from '../told.ts'
import { withPictures } from './pictures.ts'
import type { TextRequest, TextServices } from './request.ts'
import { requireEnd, unfit } from './unfit.ts'

export type FinishPart = Extract<TextPart, { type: 'finish' }>

/**
 * A stream whose first content is there. Whoever reads it takes `first` and
 * then what `parts` brings, shows each part to `see`, and closes it in the end.
 */
export class TextStream {
  readonly first: IteratorResult<TextPart>
  readonly parts: AsyncIterator<TextPart>
  readonly #request: TextRequest
  readonly #scope: AttemptScope
  readonly #output: OutputReader | undefined
  #callsTools = false
  #isUnfit = false
  #recorded = false

  constructor(
    request: TextRequest,
    scope: AttemptScope,
    first: IteratorResult<TextPart>,
    parts: AsyncIterator<TextPart>,
  ) {
    this.#request = request
    this.#scope = scope
    this.first = first
    this.parts = parts
    this.#output = request.output && new OutputReader(request.output)
  }

  get attempts(): number {
    return this.#scope.number
  }

  get signal(): AbortSignal {
    return this.#scope.patience.signal
  }

  /** The provider is alive: it has until the stall limit for more. */
  touch(): void {
    this.#scope.patience.expect(this.#request.deployment.timeouts.stallMs, 'sent nothing more')
  }

  /** The provider is kept waiting by whoever reads. */
  pause(): void {
    this.#scope.patience.pause()
  }

  /** The text to be shown for a piece of it. */
  show(text: string): string {
    return this.#output ? this.#output.push(text) : text
  }

  /** Takes note of a call of a tool, which need not be in the form that was asked for. */
  sawCall(): void {
    this.#callsTools = true
  }

  /**
   * The answer is there: the text that was held back of it.
   *
   * @throws TurnoutError invalid_output for one that is not what was asked for
   */
  end({ reason, raw, usage, upstreamRequestId }: FinishPart): string {
    this.#scope.usage = usage
    const provider = this.#request.deployment.provider.id
    requireEnd(reason, raw, provider, upstreamRequestId)
    if (this.#output === undefined) return ''
    const rest = this.#output.end()
    const problem = this.#output.problem(reason, this.#callsTools)
    if (!problem) return rest
    this.#isUnfit = true
    throw unfit(provider, problem, upstreamRequestId)
  }

  /** The answer has been shown. Resolves to its cost once the record is safe. */
  succeed({ usage, upstreamRequestId, providerCost }: FinishPart): Promise<bigint | null> {
    this.#recorded = true
    return succeeded(this.#scope.meter, usage, upstreamRequestId, providerCost)
  }

  /** Records the failure; resolves to what clients are told. An answer that is whole, if unfit, was not cut. */
  async fail(thrown: unknown): Promise<TurnoutError> {
    const { deployment } = this.#request
    const committed = !this.#isUnfit
    const error = toldToClient(TurnoutError.from(thrown), { deployment, paidOnAcceptance: false, committed })
    this.#scope.patience.cut()
    await this.#record(error)
    return error
  }

  /** Lets go of the provider; a stream that has not come to its end was left by its reader. */
  async close(): Promise<void> {
    const { patience } = this.#scope
    if (this.#recorded) patience.stop()
    else {
      patience.cut()
      await this.#record(new TurnoutError('canceled', 'The reader left.'))
    }
    await this.parts.return?.()
  }

  async #record(error: TurnoutError): Promise<void> {
    if (this.#recorded) return
    this.#recorded = true
    await failed(this.#scope.meter, error, this.#scope.usage)
  }
}

/** Opens a stream; until its first content has come, attempts are made unseen. @throws TurnoutError of the last one */
export async function openStream(
  services: TextServices,
  request: TextRequest,
  signal: AbortSignal,
  shows: (part: TextPart) => boolean,
  onAttempt?: (number: number) => void,
): Promise<TextStream> {
  const call = await withPictures(services, request, signal)
  const plan = { ...request, signal, paidOnAcceptance: false, onAttempt }
  return attempt(services, plan, async (scope) => {
    scope.patience.expect(request.deployment.timeouts.firstPartMs, 'sent no content')
    const parts = request.adapter.stream(call, scope.connection)[Symbol.asyncIterator]()
    let first = await parts.next()
    while (!first.done && !shows(first.value)) first = await parts.next()
    if (first.done) throw withoutEnd(request.deployment.provider.id)
    scope.meter.firstPartAt = Date.now()
    return new TextStream(request, scope, first, parts)
  })
}

/** What adapters promise never happens. */
export const withoutEnd = (provider: string): TurnoutError =>
  new TurnoutError('invalid_output', `${provider} ended the stream before the answer was complete.`, { provider })
