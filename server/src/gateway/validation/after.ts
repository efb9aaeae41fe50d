import type { ValidationVerdict } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { type ChunkHead, verdictChunk } from '../../core/openai/verdict-chunk.ts'
import { ChunkTexts } from '../../core/validation/completion.ts'
import { EventFramer } from '../../lib/sse.ts'
import type { AnswerHead, Cut, RelayClient, Running } from '../relay/types.ts'
import { addCosts } from './review.ts'
import type { AnswerValidation } from './validation.ts'

/** What becomes of a stream that is judged at its end. */
export interface Judged {
  validation: AnswerValidation
  client: RelayClient
  /** Hears of the verdict before the client does. */
  onVerdict(verdict: ValidationVerdict): void
}

/**
 * Lets a stream of chunks pass as it comes, and adds the verdict as its last
 * chunk. It stands between what brings the answer and the client.
 */
export class JudgedStream implements Running, RelayClient {
  readonly #judged: Judged
  readonly #running: Running
  readonly #texts = new ChunkTexts()
  readonly #framer = new EventFramer()
  readonly #controller = new AbortController()
  #head: ChunkHead = {}
  #provider = ''

  /** @param bring Makes what brings the answer to the client that it is given. */
  constructor(judged: Judged, bring: (client: RelayClient) => Running) {
    this.#judged = judged
    this.#running = bring(this)
  }

  get attempts(): number {
    return this.#running.attempts
  }

  get fallbacks(): number | undefined {
    return this.#running.fallbacks
  }

  start(): void {
    this.#running.start()
  }

  cancel(): void {
    this.#controller.abort(new TurnoutError('canceled', 'The client went away before the answer was judged.'))
    this.#running.cancel()
  }

  resume(): void {
    this.#running.resume()
  }

  answer(head: AnswerHead, cost: bigint | null, body: Buffer): void {
    this.#judged.client.answer(head, cost, body)
  }

  begin(head: AnswerHead): void {
    this.#provider = head.deployment.provider.id
    this.#judged.client.begin(head)
  }

  write(bytes: Buffer): boolean {
    for (const { data } of this.#framer.push(bytes)) {
      if (!data?.startsWith('{')) continue
      try {
        const chunk = JSON.parse(data) as ChunkHead & { choices?: unknown }
        const { id, created, model } = chunk
        this.#head = { id, created, model }
        this.#texts.push(chunk)
      } catch {}
    }
    return this.#judged.client.write(bytes)
  }

  end(cost: bigint | null): void {
    this.#judge().then(({ verdict, warnings, cost: ofJudging }) => {
      if (this.#controller.signal.aborted) return
      const { client, onVerdict } = this.#judged
      onVerdict(verdict)
      client.write(verdictChunk(this.#head, verdict, warnings))
      client.end(addCosts(cost, ofJudging))
    })
  }

  fail(error: TurnoutError, attempts: number, cut?: Cut): void {
    this.#judged.client.fail(error, attempts, cut)
  }

  /** The verdict on all choices together. */
  async #judge() {
    const verdict: ValidationVerdict = { passed: true, failures: [] }
    const warnings = new Set<string>()
    let cost: bigint | null = 0n
    const { texts } = this.#texts
    const { signal } = this.#controller
    for (const [index, answer] of texts.entries()) {
      const about = { provider: this.#provider, upstreamRequestId: undefined, signal }
      const one = await this.#judged.validation.verdict(answer, about)
      cost = addCosts(cost, one.cost)
      for (const warning of one.warnings) warnings.add(warning)
      verdict.passed &&= one.verdict.passed
      const where = texts.length > 1 ? ` (choice ${index})` : ''
      for (const { rule, reason } of one.verdict.failures) verdict.failures.push({ rule, reason: reason + where })
    }
    return { verdict, warnings: [...warnings], cost }
  }
}
