import { TurnoutError } from '../../core/error.ts'
import { type AnswerIdentity, ChunkEncoder, encodeCompletion } from '../../core/openai/chat-encode.ts'
import { verdictChunk } from '../../core/openai/verdict-chunk.ts'
import { EVENT_STREAM } from '../../lib/sse.ts'
import type { RelayClient, Running } from '../relay/types.ts'
import { PASSED } from '../validation/review.ts'
import { identityOf, showsInChat } from './chat.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { TextRequest, TextServices } from './request.ts'
import type { Shown } from './shown.ts'
import { openStream, type TextStream } from './stream.ts'
import { answerWhole } from './whole.ts'

/**
 * Brings one request of OpenAI's dialect to an upstream of another one, and
 * the answer back in OpenAI's words: the counterpart of the relay, by the same
 * rules.
 */
export class Interpreter implements Running {
  attempts = 0
  readonly #services: TextServices
  readonly #request: TextRequest
  readonly #client: RelayClient
  readonly #writer: ChunkWriter
  readonly #includeUsage: boolean
  readonly #identity: AnswerIdentity
  /** Present where others may go on if the stream breaks off. */
  readonly #shown: Shown | undefined
  readonly #controller = new AbortController()

  constructor(services: TextServices, request: TextRequest, client: RelayClient, includeUsage: boolean, shown?: Shown) {
    this.#services = services
    this.#request = request
    this.#client = client
    this.#includeUsage = includeUsage
    this.#identity = identityOf(request.requestId, request.deployment)
    this.#writer = new ChunkWriter(client)
    this.#shown = shown
    if (shown) {
      shown.id = this.#identity.id
      shown.created = this.#identity.created
    }
  }

  start(): void {
    const answered = this.#request.streamed ? this.#stream() : this.#answer()
    answered.catch((thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts))
  }

  cancel(): void {
    this.#controller.abort(new TurnoutError('canceled', 'The client went away before the answer was complete.'))
    this.resume()
  }

  resume(): void {
    this.#writer.resume()
  }

  readonly #onAttempt = (number: number): void => {
    this.attempts = number
  }

  async #answer(): Promise<void> {
    const { signal } = this.#controller
    const { result, cost, warnings } = await answerWhole(this.#services, this.#request, signal, this.#onAttempt)
    const body = Buffer.from(encodeCompletion(this.#identity, result, warnings))
    this.#client.answer({ ...this.#head('application/json'), warnings }, cost, body)
  }

  async #stream(): Promise<void> {
    const { signal } = this.#controller
    const stream = await openStream(this.#services, this.#request, signal, showsInChat, this.#onAttempt)
    try {
      const { warnings } = stream
      this.#client.begin({ ...this.#head(EVENT_STREAM), warnings })
      const cost = await this.#pass(stream)
      this.#client.end(cost)
    } catch (thrown) {
      const { told, failure, isUnfit } = await stream.fail(thrown)
      const { deployment } = this.#request
      const shown = isUnfit ? undefined : this.#shown
      this.#client.fail(told, this.attempts, shown && { deployment, failure, told, shown })
    } finally {
      await stream.close()
    }
  }

  /** Writes the parts as they come. Resolves to the cost of the answer when it is whole. */
  async #pass(stream: TextStream): Promise<bigint | null> {
    const encoder = new ChunkEncoder(this.#identity)
    this.#client.write(Buffer.from(encoder.begin()))
    for await (const part of stream.read(showsInChat)) {
      if (part.type === 'finish') {
        const warnings = [...this.#request.warnings, ...part.warnings]
        this.#client.write(Buffer.from(encoder.finish(part, warnings, this.#includeUsage)))
        if (this.#request.review) this.#client.write(verdictChunk(this.#identity, PASSED, []))
        return stream.succeed(part)
      }
      this.#shown?.add(part)
      const full = this.#writer.write(encoder.part(part), stream)
      if (full) await full
    }
    throw new TurnoutError('internal', 'An answer ended without its end.')
  }

  #head(contentType: string) {
    const { deployment, warnings } = this.#request
    return { deployment, attempts: this.attempts, contentType, warnings }
  }
}
