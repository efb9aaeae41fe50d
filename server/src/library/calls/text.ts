import type { Deployment } from '../../core/deployment.ts'
import type { TextPart } from '../../core/text.ts'
import { withFallback } from '../../gateway/routing/with-fallback.ts'
import type { TextRequest } from '../../gateway/text/request.ts'
import { type FinishPart, openStream, type TextStream, withoutEnd } from '../../gateway/text/stream.ts'
import { answerWhole, type WholeAnswer } from '../../gateway/text/whole.ts'
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
  const { value } = await withSignal(services.closing, call.signal, (signal) =>
    withFallback(services.router, sought, async (leg) => {
      const request = prepare(leg)
      const whole = await answerWhole(services, request, signal)
      return { request, whole, judged: await judge?.(whole, leg.deployment) }
    }),
  )
  const { request, whole, judged } = value
  const { deployment } = request
  const { result, attempts, cost, warnings } = whole
  const had = { route, deployment, requestId, attempts, usage: result.usage, cost, warnings }
  return { answer: { ...textOf(result, result, deployment, requestId), ...served(had) }, judged }
}

/** What a caller gets to see. */
function shows(part: TextPart): boolean {
  return part.type === 'text-delta' || part.type === 'reasoning-delta' ? part.text !== '' : true
}

/** Reads one stream to its end; whoever takes its parts sets the pace. */
class Reading {
  readonly #asked: Asked
  readonly #request: TextRequest
  readonly #stream: TextStream
  readonly #gathering = new Gathering()

  constructor(asked: Asked, request: TextRequest, stream: TextStream) {
    this.#asked = asked
    this.#request = request
    this.#stream = stream
  }

  async *parts(): AsyncGenerator<TextStreamPart, void> {
    const { parts, first, signal } = this.#stream
    for (let next = first; !next.done; next = await parts.next()) {
      const part = next.value
      // While the caller has a part, nothing is expected of the provider.
      this.#stream.pause()
      if (part.type === 'finish') {
        yield* this.#finish(part)
        return
      }
      const shown = part.type === 'text-delta' ? { type: part.type, text: this.#stream.show(part.text) } : part
      if (shows(shown)) yield this.#told(shown)
      if (signal.aborted) throw signal.reason
      this.#stream.touch()
    }
    throw withoutEnd(this.#request.deployment.provider.id)
  }

  #told(part: Exclude<TextPart, FinishPart>): TextStreamPart {
    if (part.type !== 'tool-call-delta') {
      this.#gathering.push(part)
      return part
    }
    this.#stream.sawCall()
    // The name comes with the first delta of a call, and so does its id, be it one of ours.
    const lacksId = part.name !== undefined && !part.id
    const named = lacksId ? { ...part, id: callId(this.#asked.requestId, part.index) } : part
    this.#gathering.push(named)
    const { opaque: _, ...told } = named
    return told
  }

  async *#finish(end: FinishPart): AsyncGenerator<TextStreamPart, void> {
    const rest = this.#stream.end(end)
    if (rest !== '') yield this.#told({ type: 'text-delta', text: rest })
    const { route, requestId } = this.#asked
    const { deployment, warnings } = this.#request
    const cost = await this.#stream.succeed(end)
    const had = { route, deployment, requestId, attempts: this.#stream.attempts, usage: end.usage, cost }
    yield {
      type: 'finish',
      ...textOf(this.#gathering.said(end.opaque), end, deployment, requestId),
      ...served({ ...had, warnings: [...warnings, ...end.warnings] }),
    }
  }
}

/** A stream that is left before its end is let go of. @throws TurnoutError as callers are told */
async function* read(asked: Asked, request: TextRequest, stream: TextStream): AsyncGenerator<TextStreamPart, void> {
  try {
    yield* new Reading(asked, request, stream).parts()
  } catch (thrown) {
    throw await stream.fail(thrown)
  } finally {
    await stream.close()
  }
}

/** @throws TurnoutError while it is iterated */
export async function* streamText(
  services: LibraryServices,
  resolve: Resolve,
  given: () => GivenText,
): AsyncGenerator<TextStreamPart, void> {
  const call = given()
  const asked = ask(services, resolve, call, true)
  const { signal, release } = openSignal(services.closing, call.signal)
  try {
    signal.throwIfAborted()
    const { value } = await withFallback(services.router, asked.sought, async (leg) => {
      const request = asked.prepare(leg)
      return { request, stream: await openStream(services, request, signal, shows) }
    })
    yield* read(asked, value.request, value.stream)
  } finally {
    release()
  }
}
