import { TurnoutError } from '../../core/error.ts'
import { sentenceOf } from '../../core/image/answer.ts'
import { WaitedJob, type WaitedRequest } from '../../gateway/jobs/waited.ts'
import type { RelayClient, Running } from '../../gateway/relay/types.ts'
import { originOf } from '../../lib/http/origin.ts'
import type { Exchange } from '../exchange.ts'
import { encodeKept } from './kept-pictures.ts'

/** Brings a request for pictures to its end as a job, and the pictures back in OpenAI's words. */
export class DurableDrawing implements Running {
  readonly #exchange: Exchange
  readonly #job: WaitedJob
  readonly #asLinks: boolean
  readonly #client: RelayClient
  readonly #leaving = new AbortController()

  /**
   * @param asLinks Whether the pictures are told by their addresses.
   * @param client Where the answer goes.
   */
  constructor(exchange: Exchange, asked: WaitedRequest, asLinks: boolean, client: RelayClient) {
    const { jobs, kept, log } = exchange.plane
    this.#exchange = exchange
    this.#job = new WaitedJob({ jobs, kept, log }, asked)
    this.#asLinks = asLinks
    this.#client = client
  }

  get attempts(): number {
    return this.#job.attempts
  }

  get fallbacks(): number {
    return this.#job.fallbacks
  }

  start(): void {
    this.#run().catch((thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts))
  }

  cancel(): void {
    this.#leaving.abort()
  }

  resume(): void {}

  async #run(): Promise<void> {
    const { plane, request } = this.#exchange
    const baseUrl = originOf(request, plane.publicUrl)
    const onJob = (id: string) => this.#exchange.tell({ 'x-turnout-job-id': id })
    const { job, deployment, cost, body } = await this.#job.answer(
      baseUrl,
      this.#leaving.signal,
      onJob,
      async (answer) => ({ ...answer, body: await encodeKept(plane.kept, answer, this.#asLinks) }),
    )
    const head = {
      deployment,
      attempts: this.attempts,
      contentType: 'application/json',
      warnings: [...job.mapped.map(sentenceOf), ...job.warnings],
    }
    this.#client.answer(head, cost, body)
    this.#job.tidyUp()
  }
}
