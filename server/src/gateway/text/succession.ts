import { setTimeout as wait } from 'node:timers/promises'
import type { ErrorCode } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { estimateTokens } from '../../core/routing/needs.ts'
import type { TextCall, TextPart } from '../../core/text.ts'
import type { Cut } from '../relay/types.ts'
import type { Chain, Leg, Succession } from '../routing/chain.ts'
import { withAttempts } from '../routing/failure.ts'
import { Divergence, Rejoin } from './rejoin.ts'
import type { TextRequest, TextServices } from './request.ts'
import type { Shown } from './shown.ts'
import { openStream, type Shows, type TextStream } from './stream.ts'

/** Another deployment goes on with an answer. */
export interface Switch {
  /** Ids of models. */
  from: string
  to: string
  reason: ErrorCode
}

/** From here on the parts are those of this stream. */
export interface Opened {
  type: 'opened'
  stream: TextStream
  /** Undefined for the stream that began the answer. */
  switched: Switch | undefined
}

export type StreamItem = Opened | TextPart

/** What it takes to go on with an answer. */
export interface SuccessionPlan {
  services: TextServices
  chain: Chain
  /** @throws TurnoutError where the model does not take the request */
  prepare(leg: Leg): TextRequest
  shows: Shows
  signal: AbortSignal
}

/** A call and what its answer is expected to begin with. */
interface Way {
  call: TextCall
  expected: string
  /** An answer that ends before all of this has come may still be whole. */
  mayEndEarly: boolean
}

/**
 * The answer so far as the beginning of the model's own message. Nothing but
 * plain text can be continued so. White space at the end is refused by some
 * and comes again from all, so that it is left out and expected.
 */
function continuing({ call, output, deployment }: TextRequest, shown: Shown): Way | undefined {
  const { model } = deployment
  const { toolChoice = 'auto', reasoning = 'none' } = call
  const isPlain = shown.calls.size === 0 && !shown.reasoned && output === undefined
  const mayThink = reasoning !== 'none' || (toolChoice !== 'auto' && toolChoice !== 'none')
  if (model.capabilities.prefill !== true || !isPlain || mayThink) return undefined
  const { text } = shown
  const begun = text.trimEnd()
  if (begun === '') return undefined
  const last = call.messages.at(-1)
  const mayJoin = last?.role === 'assistant' && !last.toolCalls
  const messages = mayJoin
    ? call.messages.with(-1, { ...last, text: last.text + begun })
    : [...call.messages, { role: 'assistant' as const, text: begun }]
  const left = call.maxTokens && Math.max(1, call.maxTokens - estimateTokens(Buffer.byteLength(begun)))
  const shortened = { ...call, messages, ...(left !== undefined && { maxTokens: left }) }
  return { call: shortened, expected: text.slice(begun.length), mayEndEarly: true }
}

/** The answer from its beginning, of which all that has been shown is left out. */
const anew = ({ call }: TextRequest, shown: Shown): Way => ({ call, expected: shown.text, mayEndEarly: false })

/** Whether a deployment does not take the request as it was put. */
const isRefusal = ({ code }: TurnoutError): boolean => code === 'invalid_input' || code === 'capability_missing'

/** The part of an answer that nobody could make whole. */
function interrupted({ told }: Cut, { trail }: Chain, diverged: boolean): TurnoutError {
  if (trail.failures.length < 2 && !diverged) return told
  const why = diverged ? 'Another answer began otherwise' : 'Nobody could go on with it'
  const { code, message } = told
  return withAttempts(new TurnoutError(code, `${message} ${why}.`, { ...told }), trail.failures)
}

/** Goes on with an answer that broke off after its beginning had been shown. */
class Heirs {
  readonly #plan: SuccessionPlan
  readonly #shown: Shown
  #cut: Cut
  #diverged = false

  constructor(plan: SuccessionPlan, cut: Cut) {
    this.#plan = plan
    this.#cut = cut
    this.#shown = cut.shown
  }

  async *parts(): AsyncGenerator<StreamItem, void> {
    const { chain } = this.#plan
    let next = this.#shown.lost ? undefined : chain.succession(this.#cut.failure, true)
    while (next) {
      const error = yield* this.#try(next)
      if (error === 'ended') return
      if (this.#shown.lost) break
      next = chain.succession(error, false)
    }
    throw interrupted(this.#cut, chain, this.#diverged)
  }

  /** Yields what one of them adds; returns how it failed, undefined for another answer. */
  async *#try({ leg, waitMs }: Succession): AsyncGenerator<StreamItem, TurnoutError | undefined | 'ended'> {
    const { prepare, signal } = this.#plan
    await wait(waitMs, undefined, { signal }).catch(() => {
      throw signal.reason
    })
    let request: TextRequest
    try {
      request = prepare(leg)
    } catch (thrown) {
      return TurnoutError.from(thrown)
    }
    const way = continuing(request, this.#shown)
    if (way) {
      const result = yield* this.#go(request, way)
      if (result === 'ended' || (result && !isRefusal(result))) return result
    }
    return yield* this.#go(request, anew(request, this.#shown))
  }

  async *#go(
    request: TextRequest,
    { call, expected, mayEndEarly }: Way,
  ): AsyncGenerator<StreamItem, TurnoutError | undefined | 'ended'> {
    const { services, signal, shows } = this.#plan
    let stream: TextStream
    try {
      stream = await openStream(services, { ...request, call, held: false, goesOn: true }, signal, shows)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return TurnoutError.from(thrown)
    }
    const rejoin = new Rejoin(this.#shown, expected)
    let opened = false
    try {
      for await (const part of stream.read(shows)) {
        const isEnd = part.type === 'finish'
        const fresh = isEnd ? part : rejoin.take(part)
        if (isEnd && !mayEndEarly && !rejoin.caughtUp) throw new Divergence()
        if (fresh === undefined) continue
        if (!opened) yield this.#open(stream)
        opened = true
        if (fresh.type !== 'finish') this.#shown.add(fresh)
        yield fresh
      }
      return 'ended'
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      // Whoever wrote it did nothing wrong: the stream is let go of, not failed.
      if (thrown instanceof Divergence) {
        this.#diverged = true
        return undefined
      }
      const { told, failure } = await stream.fail(thrown)
      if (opened) this.#cut = { deployment: request.deployment, failure, told, shown: this.#shown }
      return failure
    } finally {
      await stream.close()
    }
  }

  #open(stream: TextStream): Opened {
    const { deployment, failure } = this.#cut
    const { request } = stream
    this.#plan.services.observer.continued?.(request.deployment)
    const switched = { from: deployment.model.id, to: request.deployment.model.id, reason: failure.code }
    this.#diverged = false
    return { type: 'opened', stream, switched }
  }
}

/**
 * What others add to an answer that broke off, `finish` as its last part.
 *
 * @throws TurnoutError stream_interrupted where nobody can
 */
export const succeedTo = (plan: SuccessionPlan, cut: Cut): AsyncGenerator<StreamItem, void> =>
  new Heirs(plan, cut).parts()
