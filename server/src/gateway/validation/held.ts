import type { TurnoutError } from '../../core/error.ts'
import { completionEvents } from '../../core/openai/completion-events.ts'
import type { AnswerHead, RelayClient } from '../relay/types.ts'

/**
 * Gives a whole answer that has passed to a client that asked for a stream:
 * until then the client has seen nothing.
 */
export class HeldStream implements RelayClient {
  readonly #client: RelayClient
  readonly #includeUsage: boolean

  constructor(client: RelayClient, includeUsage: boolean) {
    this.#client = client
    this.#includeUsage = includeUsage
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    const { warnings } = head
    const turnout = { ...(warnings?.length && { warnings }), validation: { passed: true, failures: [] } }
    this.#client.begin({ ...head, contentType: 'text/event-stream; charset=utf-8' })
    this.#client.write(Buffer.from(completionEvents(body, this.#includeUsage, turnout)))
    this.#client.end(cost)
  }

  begin(head: AnswerHead): void {
    this.#client.begin(head)
  }

  write(bytes: Buffer): boolean {
    return this.#client.write(bytes)
  }

  end(cost: bigint | null): void {
    this.#client.end(cost)
  }

  fail(error: TurnoutError, attempts: number): void {
    this.#client.fail(error, attempts)
  }
}
