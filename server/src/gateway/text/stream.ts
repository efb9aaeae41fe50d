import { TurnoutError } from '../../core/error.ts'
import { OutputReader } from '../../core/structured/output.ts'
import type { TextPart } from '../../core/text.ts'
import { saidNothing } from '../../core/validation/failure.ts'
import { type AttemptScope, attempt, failed, succeeded } from '../attempts.ts'
import { toldToClient } from '../told.ts'
import { addCosts, type Judgement } from '../validation/review.ts'
import { accept } from './accept.ts'
import { withPictures } from './pictures.ts'
import type { TextRequest, TextServices } from './request.ts'
import { requireEnd, unfit } from './unfit.ts'

export type FinishPart = Extract<TextPart, { type: 'finish' }>

/** Which parts a client gets to see. */
export type Shows = (part: TextPart) => boolean

/** How a stream failed. */
export interface StreamFailure {
  /** As clients are told. */
  told: TurnoutError
  /** As it was, which says whether somebody else may do better; without secrets. */
  failure: TurnoutError
  /** The answer was whole, if not in the form that was asked for: nobody can go on with it. */
  isUnfit: boolean
}

/**
 * A stream whose first content is there. Whoever reads its parts tells it
 * whether they were the answer, and closes it in the end.
 */
export class TextStream {
  readonly request: TextRequest
  /** What is known to be left out or changed before anything of the answer is shown. */
  readonly warnings: readonly string[]
  readonly #first: IteratorResult<TextPart>
  readonly #parts: AsyncIterator<TextPart>
  readonly #scope: AttemptScope
  readonly #output: OutputReader | undefined
  #callsTools = false
  readonly #ofJudging: bigint | null
  #isUnfit = false
  #recorded = false

  /** @param judgement Of an answer that has been held and judged. */
  constructor(
    request: TextRequest,
    scope: AttemptScope,
    first: IteratorResult<TextPart>,
    parts: AsyncIterator<TextPart>,
    judgement: Judgement = { cost: 0n, warnings: [] },
  ) {
    this.request = request
    this.warnings = [...request.warnings, ...judgement.warnings]
    this.#ofJudging = judgement.cost
    this.#scope = scope
    this.#first = first
    this.#parts = parts
    this.#output = request.output && new OutputReader(request.output)
  }

  get attempts(): number {
    return this.#scope.number
  }

  get signal(): AbortSignal {
    return this.#scope.patience.signal
  }

  /**
   * The parts as they are shown, `finish` as the last one, which comes only
   * with an answer that is whole and as it was asked for.
   *
   * @throws what ended it before
   */
  async *read(shows: Shows): AsyncGenerator<TextPart, void> {
    for (let next = this.#first; !next.done; next = await this.#parts.next()) {
      this.#touch()
      const part = next.value
      if (part.type === 'finish') {
        const rest = this.#end(part)
        if (rest !== '') yield { type: 'text-delta', text: rest }
        yield part
        return
      }
      if (part.type === 'tool-call-delta') this.#callsTools = true
      const shown = part.type === 'text-delta' && this.#output ? { ...part, text: this.#output.push(part.text) } : part
      if (!shows(shown)) continue
      yield shown
      if (this.signal.aborted) throw this.signal.reason
      // Whoever took the part may have kept the provider waiting.
      this.#touch()
    }
    throw withoutEnd(this.request.deployment.provider.id)
  }

  /** The provider is alive: it has until the stall limit for more. */
  #touch(): void {
    this.#scope.patience.expect(this.request.deployment.timeouts.stallMs, 'sent nothing more')
  }

  /** The provider is kept waiting by whoever reads. */
  pause(): void {
    this.#scope.patience.pause()
  }

  /**
   * The answer is there: the text that was held back of it.
   *
   * @throws TurnoutError invalid_output for one that is not what was asked for
   */
  #end({ reason, raw, usage, upstreamRequestId }: FinishPart): string {
    this.#scope.usage = usage
    const provider = this.request.deployment.provider.id
    requireEnd(reason, raw, provider, upstreamRequestId)
    if (this.#output === undefined) return ''
    const rest = this.#output.end()
    const problem = this.#output.problem(reason, this.#callsTools)
    if (!problem) return rest
    this.#isUnfit = true
    throw unfit(provider, problem, upstreamRequestId)
  }

  /** The answer has been shown. Resolves to its cost, with that of judging it, once the record is safe. */
  async succeed({ usage, upstreamRequestId, providerCost }: FinishPart): Promise<bigint | null> {
    this.#recorded = true
    return addCosts(await succeeded(this.#scope.meter, usage, upstreamRequestId, providerCost), this.#ofJudging)
  }

  /** Records the failure. An answer that is whole, if unfit, was not cut. */
  async fail(thrown: unknown): Promise<StreamFailure> {
    const { deployment } = this.request
    const error = TurnoutError.from(thrown)
    const failure = toldToClient(error, { deployment, paidOnAcceptance: false, committed: false })
    const isUnfit = this.#isUnfit
    const told = isUnfit ? failure : toldToClient(error, { deployment, paidOnAcceptance: false, committed: true })
    this.#scope.patience.cut()
    await this.#record(told)
    return { told, failure, isUnfit }
  }

  /** Lets go of the provider; a stream that has not come to its end was left by its reader. */
  async close(): Promise<void> {
    const { patience } = this.#scope
    if (this.#recorded) patience.stop()
    else {
      patience.cut()
      await this.#record(new TurnoutError('canceled', 'The reader left.'))
    }
    await this.#parts.return?.()
  }

  async #record(error: TurnoutError): Promise<void> {
    if (this.#recorded) return
    this.#recorded = true
    await failed(this.#scope.meter, error, this.#scope.usage)
  }
}

/**
 * Opens a stream; until its first content has come, attempts are made unseen.
 * One that is held is read to its end before: then nothing that may happen to
 * it is ever seen.
 *
 * @throws TurnoutError of the last one
 */
export async function openStream(
  services: TextServices,
  request: TextRequest,
  signal: AbortSignal,
  shows: Shows,
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
    signal.throwIfAborted()
    refuseEmpty(request, first.value, scope)
    request.trail?.heard(request.deployment)
    scope.meter.firstPartAt = Date.now()
    return request.held ? held(request, scope, first, parts, shows) : new TextStream(request, scope, first, parts)
  })
}

/**
 * The same stream after it has come to its end and has passed: as much is
 * asked of it as of a whole answer.
 *
 * @throws what it ended or failed by
 */
async function held(
  request: TextRequest,
  scope: AttemptScope,
  first: IteratorResult<TextPart>,
  rest: AsyncIterator<TextPart>,
  shows: Shows,
): Promise<TextStream> {
  const plain = { ...request, output: undefined }
  const had = await Array.fromAsync(new TextStream(plain, scope, first, rest).read(shows))
  await rest.return?.()
  scope.patience.pause()
  const finish = had.at(-1) as FinishPart
  const text = had.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
  const callsTools = had.some(({ type }) => type === 'tool-call-delta')
  const { reason, raw, upstreamRequestId } = finish
  const unshown = { text, reason, raw, callsTools, upstreamRequestId }
  const accepted = await accept(unshown, request, scope, scope.patience.signal)
  const warnings = [...finish.warnings, ...accepted.warnings]
  const parts = [...withText(had.slice(0, -1), accepted.text), { ...finish, warnings }][Symbol.iterator]()
  const next = async (): Promise<IteratorResult<TextPart>> => parts.next()
  return new TextStream(plain, scope, await next(), { next }, { cost: accepted.cost, warnings })
}

/** The parts with their text in one piece, where the first of it was. */
function withText(parts: readonly TextPart[], text: string): TextPart[] {
  const at = parts.findIndex(({ type }) => type === 'text-delta')
  const others = parts.filter(({ type }) => type !== 'text-delta')
  return at === -1 || text === '' ? others : others.toSpliced(at, 0, { type: 'text-delta', text })
}

/** An answer that is nothing but its end, where another deployment may say more. @throws TurnoutError */
function refuseEmpty({ trail, deployment, goesOn }: TextRequest, part: TextPart, scope: AttemptScope): void {
  if (goesOn || !trail?.refusesEmpty || part.type !== 'finish' || part.reason !== 'stop') return
  scope.usage = part.usage
  throw saidNothing(deployment.provider.id, part.upstreamRequestId)
}

/** What adapters promise never happens. */
const withoutEnd = (provider: string): TurnoutError =>
  new TurnoutError('invalid_output', `${provider} ended the stream before the answer was complete.`, { provider })
