import type { EmbeddingsRequest } from '@turnout/contract'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import { embedCall, encodeEmbeddings } from '../../core/openai/embeddings.ts'
import { type AttemptServices, attempt, succeeded } from '../attempts.ts'
import type { Metered } from '../metering.ts'
import type { RelayClient, Running } from '../relay/types.ts'

function adapterOf(adapters: ReadonlyMap<string, ProviderAdapter>, { model, provider }: Deployment) {
  const adapter = adapters.get(provider.adapter)?.embed
  if (adapter) return adapter
  throw new TurnoutError(
    'capability_missing',
    `Model ${model.id} cannot be used here: ${provider.id} does not serve embeddings.`,
    { param: 'model', provider: provider.id },
  )
}

/** Brings a request for embeddings to an upstream that has its own words for it, and the vectors back in OpenAI's. */
export class Embedder implements Running {
  attempts = 0
  readonly #controller = new AbortController()
  readonly #client: RelayClient
  readonly #ask: () => Promise<void>

  /** @throws TurnoutError capability_missing */
  constructor(
    services: AttemptServices,
    deployment: Deployment,
    body: EmbeddingsRequest,
    metered: Metered,
    client: RelayClient,
  ) {
    const { model, provider, upstreamId } = deployment
    const adapter = adapterOf(services.adapters, deployment)
    const call = embedCall(body, { model: upstreamId, provider: provider.adapter, defaults: model.defaults })
    const { signal } = this.#controller
    const onAttempt = (number: number) => {
      this.attempts = number
    }
    const plan = { ...metered, deployment, signal, paidOnAcceptance: false, onAttempt }
    this.#client = client
    this.#ask = () =>
      attempt(services, plan, async (scope) => {
        const { vectors, usage, warnings, upstreamRequestId } = await adapter.embed(call, scope.connection)
        scope.usage = usage
        if (vectors.length !== call.texts.length) {
          const counts = `${vectors.length} vectors for ${call.texts.length} texts`
          throw new TurnoutError('invalid_output', `${provider.id} answered ${counts}.`, {
            provider: provider.id,
            upstreamRequestId,
          })
        }
        scope.patience.stop()
        const cost = await succeeded(scope.meter, usage, upstreamRequestId)
        const format = body.encoding_format ?? 'float'
        const answer = encodeEmbeddings(vectors, { model: model.id, format, usage, warnings })
        const head = { deployment, attempts: scope.number, contentType: 'application/json', warnings }
        this.#client.answer(head, cost, Buffer.from(answer))
      })
  }

  start(): void {
    this.#ask().catch((thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts))
  }

  cancel(): void {
    this.#controller.abort()
  }

  resume(): void {}
}
