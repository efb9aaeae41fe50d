import { TurnoutError } from '../../core/error.ts'
import { type AnswerIdentity, ChunkEncoder, encodeCompletion } from '../../core/openai/chat-encode.ts'
import type { TextPart } from '../../core/text.ts'
import type { RelayClient, Running } from '../relay/types.ts'
import type { TextRequest, TextServices } from './request.ts'
import { openStream, type TextStream, withoutEnd } from './stream.ts'
import { answerWhole } from './whole.ts'

/** How long a client may leave an answer unread before it is taken for dead. */
const UNREAD_MS = 60_000

/** What a client of OpenAI's dialect gets to see. */
function shows(part: TextPart): boolean {
  switch (part.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return part.text !== ''
    case 'tool-call-delta':
    case 'finish':
      return true
  }
}

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
  readonly #includeUsage: boolean
  readonly #identity: AnswerIdentity
  readonly #controller = new AbortController()
  #wake: (() => void) | undefined

  constructor(services: TextServices, request: TextRequest, client: RelayClient, includeUsage: boolean) {
    this.#services = services
    this.#request = request
    this.#client = client
    this.#includeUsage = includeUsage
    this.#identity = {
      id: request.requestId.replace(/^req_/, 'chatcmpl-'),
      created: Math.floor(Date.now() / 1000),
      model: request.deployment.model.id,
      provider: request.deployment.provider.adapter,
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
    this.#wake?.()
    this.#wake = undefined
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
    const stream = await openStream(this.#services, this.#request, signal, shows, this.#onAttempt)
    try {
      this.#client.begin(this.#head('text/event-stream; charset=utf-8'))
      const cost = await this.#pass(stream)
      this.#client.end(cost)
    } catch (thrown) {
      this.#client.fail(await stream.fail(thrown), this.attempts)
    } finally {
      await stream.close()
    }
  }

  /** Writes the parts as they come. Resolves to the cost of the answer when it is whole. */
  async #pass(stream: TextStream): Promise<bigint | null> {
    const encoder = new ChunkEncoder(this.#identity)
    const { parts, signal } = stream
    this.#client.write(Buffer.from(encoder.begin()))
    for (let next = stream.first; !next.done; next = await parts.next()) {
      stream.touch()
      const part = next.value
      if (part.type === 'finish') {
        const rest = stream.end(part)
        const last = rest === '' ? '' : encoder.part({ type: 'text-delta', text: rest })
        const warnings = [...this.#request.warnings, ...part.warnings]
        this.#client.write(Buffer.from(last + encoder.finish(part, warnings, this.#includeUsage)))
        return stream.succeed(part)
      }
      const shown = part.type === 'text-delta' ? { type: part.type, text: stream.show(part.text) } : part
      if (!shows(shown)) continue
      if (part.type === 'tool-call-delta') stream.sawCall()
      if (!this.#client.write(Buffer.from(encoder.part(shown)))) await this.#read(stream)
      if (signal.aborted) throw signal.reason
    }
    throw withoutEnd(this.#request.deployment.provider.id)
  }

  /** Resolves when the client has read what it was sent; meanwhile nothing is taken from the provider. */
  #read(stream: TextStream): Promise<void> {
    stream.pause()
    if (stream.signal.aborted) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TurnoutError('canceled', 'The answer was not read.')), UNREAD_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #head(contentType: string) {
    const { deployment, warnings } = this.#request
    return { deployment, attempts: this.attempts, contentType, warnings }
  }
}
