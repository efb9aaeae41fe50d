import { TurnoutError } from '../../core/error.ts'
import { ChunkEncoder } from '../../core/openai/chat-encode.ts'
import type { Cut, RelayClient, Running } from '../relay/types.ts'
import { identityOf, showsInChat } from './chat.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { FinishPart } from './stream.ts'
import { type Opened, type SuccessionPlan, succeedTo } from './succession.ts'

/** What an heir needs to know besides who may go on. */
export interface HeirPlan extends Omit<SuccessionPlan, 'signal' | 'shows'> {
  requestId: string
  includeUsage: boolean
}

/** Goes on with a chat that broke off after its beginning had been sent, in OpenAI's words whoever writes it. */
export class Heir implements Running {
  readonly #plan: HeirPlan
  readonly #cut: Cut
  readonly #client: RelayClient
  readonly #writer: ChunkWriter
  readonly #controller = new AbortController()

  constructor(plan: HeirPlan, cut: Cut, client: RelayClient) {
    this.#plan = plan
    this.#cut = cut
    this.#client = client
    this.#writer = new ChunkWriter(client)
  }

  get attempts(): number {
    return this.#plan.chain.trail.attempts
  }

  start(): void {
    this.#write().then(
      (cost) => this.#client.end(cost),
      (thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts),
    )
  }

  cancel(): void {
    this.#controller.abort(new TurnoutError('canceled', 'The client went away before the answer was complete.'))
    this.resume()
  }

  resume(): void {
    this.#writer.resume()
  }

  /** Resolves to the cost of all who wrote the answer. */
  async #write(): Promise<bigint | null> {
    const { signal } = this.#controller
    const items = succeedTo({ ...this.#plan, signal, shows: showsInChat }, this.#cut)
    let current: Opened | undefined
    let encoder: ChunkEncoder | undefined
    for await (const item of items) {
      if (item.type === 'opened') {
        current = item
        encoder = this.#encoderFor(item)
      } else if (item.type === 'finish') return this.#end(current!, encoder!, item)
      else {
        const full = this.#writer.write(encoder!.part(item), current!.stream)
        if (full) await full
      }
    }
    throw new TurnoutError('internal', 'An answer ended without its end.')
  }

  #encoderFor({ stream, switched }: Opened): ChunkEncoder {
    const { id, created, calls } = this.#cut.shown
    const identity = identityOf(this.#plan.requestId, stream.request.deployment)
    const named = { ...identity, id: id ?? identity.id, created: created ?? identity.created }
    return new ChunkEncoder(named, { switched, calls: [...calls.keys()] })
  }

  async #end({ stream }: Opened, encoder: ChunkEncoder, finish: FinishPart): Promise<bigint | null> {
    const { chain, includeUsage } = this.#plan
    const warnings = [...stream.request.warnings, ...finish.warnings]
    this.#client.write(Buffer.from(encoder.finish(finish, warnings, includeUsage)))
    return chain.trail.total(await stream.succeed(finish))
  }
}
