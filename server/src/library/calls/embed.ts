import type { Usage } from '@turnout/contract'
import type { EmbedAdapter, ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import { estimateTokens, metadataOf } from '../../core/routing/needs.ts'
import { type AttemptPlan, attempt, succeeded } from '../../gateway/attempts.ts'
import { type Sought, withFallback } from '../../gateway/routing/with-fallback.ts'
import { newId } from '../../lib/ids.ts'
import type { GivenEmbed } from '../input/media.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import { withSignal } from '../signal.ts'
import type { EmbedAnswer } from '../types.ts'
import { cached, wantedOf } from './cached.ts'
import { embedThroughDoor } from './embed-door.ts'
import { served } from './served.ts'

/** @throws TurnoutError capability_missing */
function adapterOf(adapters: ReadonlyMap<string, ProviderAdapter>, { model, provider }: Deployment): EmbedAdapter {
  const { embed, openai } = adapters.get(provider.adapter) ?? {}
  const does = model.output.includes('embedding')
  if (does && embed) return embed
  if (does && openai) return embedThroughDoor(openai)
  throw new TurnoutError(
    'capability_missing',
    does
      ? `Model ${model.id} cannot be used here: ${provider.id} does not serve embeddings.`
      : `Model ${model.id} does not make embeddings; it makes ${model.output.join(' and ')}.`,
    { param: 'model', provider: provider.id },
  )
}

const BYTES_PER_NUMBER = 8

interface Embedded {
  vectors: number[][]
  usage: Usage
  warnings: string[]
  cost: bigint | null
  attempts: number
}

/** Asks one deployment, as often as the policy allows. */
function ask(services: LibraryServices, plan: AttemptPlan, { texts, dimensions }: GivenEmbed): Promise<Embedded> {
  const { upstreamId, model, provider } = plan.deployment
  const adapter = adapterOf(services.adapters, plan.deployment)
  const call = { model: upstreamId, texts, dimensions, defaults: model.defaults }
  return attempt(services, plan, async (scope) => {
    const { connection, meter, number, patience } = scope
    const { vectors, usage, warnings, upstreamRequestId } = await adapter.embed(call, connection)
    scope.usage = usage
    if (vectors.length !== texts.length) {
      const counts = `${vectors.length} vectors for ${texts.length} texts`
      throw new TurnoutError('invalid_output', `${provider.id} answered ${counts}.`, {
        provider: provider.id,
        upstreamRequestId,
      })
    }
    patience.stop()
    const cost = await succeeded(meter, usage, upstreamRequestId)
    return { vectors, usage, warnings, cost, attempts: number }
  })
}

/** @throws TurnoutError */
export async function embed(services: LibraryServices, resolve: Resolve, call: GivenEmbed): Promise<EmbedAnswer> {
  const requestId = newId('req')
  const { texts, dimensions, metadata, user, session, signal } = call
  const route = resolve(call, 'embedding', { requestId, user, session })
  return cached(services, {
    wanted: wantedOf(services, route, call, { api: 'embedding', body: { texts, dimensions, metadata, user } }),
    requestId,
    signal,
    make: (own) => embedAnew(services, route, requestId, { ...call, signal: own }),
    sizeOf: ({ vectors }) => vectors.reduce((sum, vector) => sum + vector.length * BYTES_PER_NUMBER, 0),
  })
}

/** New vectors. */
async function embedAnew(
  services: LibraryServices,
  route: Route,
  requestId: string,
  call: GivenEmbed,
): Promise<EmbedAnswer> {
  const { texts, metadata, productType, user = null, session } = call
  const sought: Sought = {
    route,
    session,
    requestId,
    needs: () => ({
      output: 'embedding',
      input: ['text'],
      capabilities: [],
      streamed: false,
      inputTokens: estimateTokens(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)),
      metadata: metadataOf(metadata, productType),
    }),
  }
  const metered = { requestId, operation: 'embeddings' as const, keyId: null, user, streamed: false, settings: {} }
  const { value, attempts } = await withSignal(services.closing, call.signal, (signal) =>
    withFallback(services.router, sought, signal, async ({ deployment, trail }, own) => {
      const plan = { ...metered, trail, deployment, signal: own, paidOnAcceptance: false }
      return { ...(await ask(services, plan, call)), deployment }
    }),
  )
  const { vectors, ...had } = value
  return { ...served({ route, requestId, ...had, attempts: attempts ?? had.attempts }), vectors }
}
