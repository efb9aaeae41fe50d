import { TurnoutError } from '../../core/error.ts'
import { encodePictures, sentenceOf } from '../../core/image/answer.ts'
import type { RelayClient, Running } from '../relay/types.ts'
import type { Sink } from './outputs.ts'
import { type ImageOrder, type ImageServices, makeImages } from './pictures.ts'

/**
 * Brings one request for pictures of OpenAI's dialect to an upstream of
 * another one, and the pictures back in OpenAI's words: the counterpart of the
 * relay.
 */
export class Illustrator implements Running {
  attempts = 0
  readonly #services: ImageServices
  readonly #order: ImageOrder
  readonly #sink: Sink
  readonly #client: RelayClient
  readonly #controller = new AbortController()

  constructor(services: ImageServices, order: ImageOrder, sink: Sink, client: RelayClient) {
    this.#services = services
    this.#order = order
    this.#sink = sink
    this.#client = client
  }

  start(): void {
    this.#answer().catch((thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts))
  }

  cancel(): void {
    this.#controller.abort(new TurnoutError('canceled', 'The client went away before the answer was complete.'))
  }

  resume(): void {}

  async #answer(): Promise<void> {
    const made = await makeImages(this.#services, this.#order, {
      signal: this.#controller.signal,
      sink: this.#sink,
      handsOut: true,
      onAttempt: (attempts) => {
        this.attempts = attempts
      },
    })
    const head = {
      deployment: this.#order.deployment,
      attempts: made.attempts,
      contentType: 'application/json',
      warnings: [...made.mapped.map(sentenceOf), ...made.warnings],
    }
    this.#client.answer(head, made.cost, Buffer.from(encodePictures(made)))
  }
}
