import type { TextPart } from '../../core/text.ts'
import type { Source } from '../../gateway/cache/shared.ts'
import type { Wanted } from '../../gateway/cache/values.ts'
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
import { again, cached } from './cached.ts'
import { served } from './served.ts'
import { type Asked, ask } from './text-request.ts'

/** Looks at a whole answer; what it throws may lead on to the next deployment. */
export type Judge = (
  answer: Pick<WholeAnswer['result'], 'text' | 'reason' | 'upstreamRequestId'>,
  provider: string,
) => Promise<void>

/** What was withheld may be given the next time, and what did not pass is none to be given. */
const sizeOf = (answer: TextAnswer): number | undefined => {
  const { finishReason, validation } = answer
  const isKept = finishReason !== 'content-filter' && finishReason !== 'error' && validation?.passed !== false
  return isKept ? Buffer.byteLength(JSON.stringify(answer)) : undefined
}

/** @throws TurnoutError */
export async function generateText(
  services: LibraryServices,
  resolve: Resolve,
  call: GivenText,
  judge?: Judge,
): Promise<TextAnswer> {
  const asked = ask(services, resolve, call, false)
  const { requestId, wanted } = asked
  const make = (signal: AbortSignal | undefined) => answer(services, asked, signal, judge)
  const { validation: _, ...whole } = await cached(services, { wanted, requestId, signal: call.signal, make, sizeOf })
  return whole
}

/** A new answer. */
async function answer(
  services: LibraryServices,
  { route, requestId, sought, prepare }: Asked,
  given: AbortSignal | undefined,
  judge: Judge | undefined,
): Promise<TextAnswer> {
  const { value, attempts } = await withSignal(services.closing, given, (signal) =>
    withFallback(services.router, sought, signal, async (leg, own) => {
      const request = prepare(leg)
      const whole = await answerWhole(services, request, own)
      await judge?.(whole.result, leg.deployment.provider.id)
      return { request, whole }
    }),
  )
  const { request, whole } = value
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
  return { ...textOf(result, result, deployment, requestId), ...served(had) }
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
    const { route, requestId, judges } = this.#asked
    const { deployment, warnings } = stream.request
    const own = await stream.succeed(end)
    const ofAnswer = switched ? this.#trail.total(own) : own
    const said = this.#gathering.said(end.opaque)
    const { reason, upstreamRequestId } = end
    const about = { provider: deployment.provider.id, upstreamRequestId, signal: this.#signal }
    const answer = { text: said.text, reason, callsTools: said.toolCalls.length > 0 }
    const { cost, warnings: more, validation } = await judgeAtEnd(judges, answer, about, ofAnswer)
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
function* partsOf(whole: TextAnswer): Generator<TextStreamPart, void> {
  const { reasoning, text, toolCalls } = whole
  if (reasoning) yield { type: 'reasoning-delta', text: reasoning }
  if (text !== '') yield { type: 'text-delta', text }
  for (const [index, { id, name, arguments: written }] of toolCalls.entries()) {
    yield { type: 'tool-call-delta', index, id, name, arguments: written }
  }
  yield { type: 'finish', ...whole }
}

/** A stream that is left before its end is let go of. @throws TurnoutError while it is iterated */
export async function* streamText(
  services: LibraryServices,
  resolve: Resolve,
  given: () => GivenText,
): AsyncGenerator<TextStreamPart, void> {
  const call = given()
  const asked = ask(services, resolve, call, true)
  const { wanted, requestId } = asked
  if (wanted === undefined) {
    yield* parts(services, asked, call.signal)
    return
  }
  const { signal, release } = openSignal(services.closing, call.signal)
  try {
    signal.throwIfAborted()
    const kept = services.values.find<TextAnswer>(wanted, {})
    if (kept) {
      yield* partsOf(again(kept, requestId))
      return
    }
    const source: Source<TextStreamPart> = (own) => keeping(services, asked, wanted, own)
    const { reading, isFirst } = services.values.join(wanted, 'parts', { signal }, source)
    for await (const part of reading.read(signal)) {
      if (part.type !== 'finish') yield { ...part }
      else yield isFirst ? { ...structuredClone(part), cached: false } : again(part, requestId)
    }
  } finally {
    release()
  }
}

/** The parts as they come, and the answer is kept when it is whole. */
async function* keeping(services: LibraryServices, asked: Asked, wanted: Wanted, signal: AbortSignal) {
  for await (const part of parts(services, asked, signal)) {
    if (part.type === 'finish') {
      const { type: _, ...whole } = part
      const bytes = sizeOf(whole)
      if (bytes !== undefined) services.values.keep(wanted, structuredClone(whole), bytes)
    }
    yield part
  }
}

/** New parts, as they come. */
async function* parts(services: LibraryServices, asked: Asked, given: AbortSignal | undefined) {
  const { signal, release } = openSignal(services.closing, given)
  try {
    signal.throwIfAborted()
    const { sought, prepare } = asked
    const { chain, items } = answerStream({ services, sought, prepare, shows, signal })
    yield* new Reading(asked, chain, signal).parts(items)
  } finally {
    release()
  }
}
