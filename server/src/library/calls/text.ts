import type { Deployment } from '../../core/deployment.ts'
import type { TextPart } from '../../core/text.ts'
import { withFallback } from '../../gateway/routing/with-fallback.ts'
import { type AnswerStream, answerStream } from '../../gateway/text/answer-stream.ts'
import type { FinishPart } from '../../gateway/text/stream.ts'
import type { Opened, StreamItem } from '../../gateway/text/succession.ts'
import { answerWhole, type WholeAnswer } from '../../gateway/text/whole.ts'
import { judgeAtEnd } from '../../gateway/validation/at-end.ts'
import type { GivenText } from '../input/text.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import { openSignal, withSignal } from '../signal.ts'
import type { TextAnswer, TextStreamPart } from '../types.ts'
import { callId, Gathering, textOf } from './answer.ts'
import { served } from './served.ts'
import { type Asked, ask } from './text-request.ts'

/** Looks at a whole answer; what it throws may lead on to the next deployment. */
export type Judge<T> = (answer: WholeAnswer, deployment: Deployment) => Promise<T>

/** @throws TurnoutError */
export async function generateText<T = undefined>(
  services: LibraryServices,
  resolve: Resolve,
  call: GivenText,
  judge?: Judge<T>,
): Promise<{ answer: TextAnswer; judged: T | undefined }> {
  const { route, requestId, sought, prepare } = ask(services, resolve, call, false)
  const { value, attempts } = await withSignal(services.closing, call.signal, (signal) =>
    withFallback(services.router, sought, signal, async (leg, own) => {
      const request = prepare(leg)
      const whole = await answerWhole(services, request, own)
      return { request, whole, judged: await judge?.(whole, leg.deployment) }
    }),
  )
  const { request, whole, judged } = value
  const { deployment } = request
  const { result, cost, warnings } = whole
  const had = {
    route,
    deployment,
    requestId,
    attempts: attempts ?? whole.attempts,
    usage: result.usage,
    cost,
    warnings,
  }
  return { answer: { ...textOf(result, result, deployment, requestId), ...served(had) }, judged }
}

/** What a caller gets to see. */
function shows(part: TextPart): boolean {
  return part.type === 'text-delta' || part.type === 'reasoning-delta' ? part.text !== '' : true
}

/** Tells a stream part by part; whoever takes the parts sets the pace. */
class Reading {
  readonly #asked: Asked
  readonly #trail: AnswerStream['chain']['trail']
  readonly #signal: AbortSignal
  readonly #gathering = new Gathering()
  #current: Opened | undefined

  constructor(asked: Asked, { trail }: AnswerStream['chain'], signal: AbortSignal) {
    this.#asked = asked
    this.#signal = signal
    this.#trail = trail
  }

  async *parts(items: AsyncIterable<StreamItem>): AsyncGenerator<TextStreamPart, void> {
    for await (const item of items) {
      if (item.type === 'opened') {
        this.#current = item
        item.stream.pause()
        if (item.switched) yield { type: 'switched', ...item.switched }
        continue
      }
      if (item.type === 'finish') {
        yield await this.#finish(item, this.#current!)
        continue
      }
      // While the caller has a part, nothing is expected of the provider.
      this.#current!.stream.pause()
      yield this.#told(item)
    }
  }

  #told(part: Exclude<TextPart, FinishPart>): TextStreamPart {
    if (part.type !== 'tool-call-delta') {
      this.#gathering.push(part)
      return part
    }
    // The name comes with the first delta of a call, and so does its id, be it one of ours.
    const lacksId = part.name !== undefined && !part.id
    const named = lacksId ? { ...part, id: callId(this.#asked.requestId, part.index) } : part
    this.#gathering.push(named)
    const { opaque: _, ...told } = named
    return told
  }

  /** The usage is that of whoever ended the answer; the cost is that of all who wrote it. */
  async #finish(end: FinishPart, { stream, switched }: Opened): Promise<TextStreamPart> {
    const { route, requestId, validation: rules } = this.#asked
    const { deployment, warnings } = stream.request
    const own = await stream.succeed(end)
    const ofAnswer = switched ? this.#trail.total(own) : own
    const said = this.#gathering.said(end.opaque)
    const { reason, upstreamRequestId } = end
    const about = { provider: deployment.provider.id, upstreamRequestId, signal: this.#signal }
    const answer = { text: said.text, reason, callsTools: said.toolCalls.length > 0 }
    const { cost, warnings: more, validation } = await judgeAtEnd(rules, answer, about, ofAnswer)
    const had = { route, deployment, requestId, attempts: this.#trail.attempts, usage: end.usage, cost }
    return {
      type: 'finish',
      ...textOf(said, end, deployment, requestId),
      ...served({ ...had, warnings: [...warnings, ...end.warnings, ...more] }),
      ...(validation && { validation }),
    }
  }
}

/** A whole answer as the parts of a stream. */
function* partsOf(answer: TextAnswer): Generator<TextStreamPart, void> {
  const { reasoning, text, toolCalls } = answer
  if (reasoning) yield { type: 'reasoning-delta', text: reasoning }
  if (text !== '') yield { type: 'text-delta', text }
  for (const [index, { id, name, arguments: written }] of toolCalls.entries()) {
    yield { type: 'tool-call-delta', index, id, name, arguments: written }
  }
  yield { type: 'finish', ...answer }
}

/** A stream that is left before its end is let go of. @throws TurnoutError while it is iterated */
export async function* streamText(
  services: LibraryServices,
  resolve: Resolve,
  given: () => GivenText,
): AsyncGenerator<TextStreamPart, void> {
  const call = given()
  const asked = ask(services, resolve, call, true)
  if (asked.validation?.when === 'before') {
    yield* partsOf((await generateText(services, resolve, call)).answer)
    return
  }
  const { signal, release } = openSignal(services.closing, call.signal)
  try {
    signal.throwIfAborted()
    const { sought, prepare } = asked
    const { chain, items } = answerStream({ services, sought, prepare, shows, signal })
    yield* new Reading(asked, chain, signal).parts(items)
  } finally {
    release()
  }
}
