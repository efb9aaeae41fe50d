import type { Usage } from '@turnout/contract'
import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { readAnswer } from '../core/openai/answer.ts'
import { type AttemptServices, attempt, succeeded } from './attempts.ts'
import type { Caller } from './types.ts'

interface Embedded {
  usage: Usage
  warnings: string[]
  upstreamRequestId?: string
}

async function throughDoor(
  { openai }: ProviderAdapter,
  model: string,
  word: string,
  connection: Connection,
): Promise<Embedded> {
  const { provider, signal } = connection
  const { url, headers } = openai!.request('embeddings', connection)
  const body = JSON.stringify({ model, input: word })
  const sent = { ...headers, 'content-type': 'application/json' }
  const response = await connection.transport(url, { method: 'POST', headers: sent, body, signal })
  const answer = await response.text()
  if (response.status >= 300) throw openai!.error(response.status, response.headers, answer, provider)
  const usage = readAnswer('embeddings', Buffer.from(answer))
  if (usage === undefined) {
    throw new TurnoutError('invalid_output', `${provider} answered something that is not what was asked for.`, {
      provider,
    })
  }
  return { usage, warnings: [], upstreamRequestId: response.headers['x-request-id'] }
}

/** One word, embedded: the least that an embedding model can be asked for. @throws TurnoutError */
export async function embedWord(
  services: AttemptServices,
  deployment: Deployment,
  { requestId, principal, signal }: Caller,
  word: string,
): Promise<{ cost: bigint | null; warnings: string[] }> {
  const { model, provider, upstreamId } = deployment
  const adapter = services.adapters.get(provider.adapter)
  if (adapter === undefined || (adapter.embed === undefined && adapter.openai === undefined)) {
    throw new TurnoutError('capability_missing', `${provider.id} does not serve embeddings.`, { provider: provider.id })
  }
  const plan = {
    requestId,
    operation: 'embeddings' as const,
    keyId: principal.keyId,
    user: principal.owner,
    streamed: false,
    settings: {},
    deployment,
    signal,
    paidOnAcceptance: false,
  }
  return attempt(services, plan, async ({ connection, patience, meter }) => {
    const embedded: Embedded = adapter.embed
      ? await adapter.embed.embed({ model: upstreamId, texts: [word], defaults: model.defaults }, connection)
      : await throughDoor(adapter, upstreamId, word, connection)
    patience.stop()
    const cost = await succeeded(meter, embedded.usage, embedded.upstreamRequestId)
    return { cost, warnings: embedded.warnings }
  })
}
