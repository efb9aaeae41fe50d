import { EmbeddingsRequest } from '@turnout/contract'
import type { Principal } from '../access/types.ts'
import type { Deployment } from '../core/deployment.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { estimateTokens, metadataOf } from '../core/routing/needs.ts'
import type { Metered } from '../gateway/metering.ts'
import { Relay } from '../gateway/relay/relay.ts'
import type { RelayClient, Running } from '../gateway/relay/types.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import type { Trail } from '../gateway/routing/trail.ts'
import { Embedder } from '../gateway/text/embedder.ts'
import { embeddingsPassThrough } from '../gateway/text/path.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { productTypeOf, relayedBody, routeFor, runThrough } from './target.ts'

/** A request as it came. */
interface Asked {
  body: EmbeddingsRequest
  raw: Buffer
  parsed: Record<string, unknown>
  principal: Principal
}

/** What brings the answer of one deployment. @throws TurnoutError where its model does not take the request */
function answerOf(
  { plane, requestId }: Exchange,
  { body, raw, parsed, principal }: Asked,
  deployment: Deployment,
  client: RelayClient,
  trail?: Trail,
): Running {
  const metered: Metered = {
    requestId,
    operation: 'embeddings',
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: false,
    settings: {},
    trail,
  }
  if (!embeddingsPassThrough(plane.text.adapters.get(deployment.provider.adapter))) {
    return new Embedder(plane.text, deployment, body, metered, client)
  }
  const call = {
    ...metered,
    operation: 'embeddings' as const,
    deployment,
    body: changeBody(raw, parsed, relayedBody(deployment, 'embeddings', parsed, plane.relay.wires)),
    contentType: 'application/json',
    hideUsage: false,
    choices: 1,
  }
  return new Relay(plane.relay, call, client)
}

/** `POST /v1/embeddings` */
export async function embeddings(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(EmbeddingsRequest, parsed)
  const productType = productTypeOf(request.headers, body.metadata)
  const route = routeFor(plane.registry, body.model, 'embedding', productType)
  const asked = { body, raw, parsed, principal }
  if (isSole(route)) {
    exchange.run(answerOf(exchange, asked, soleDeployment(route), exchange), route)
    return
  }
  runThrough(exchange, route, {
    needs: {
      output: 'embedding',
      input: ['text'],
      capabilities: [],
      streamed: false,
      inputTokens: estimateTokens(raw.length),
      metadata: metadataOf(undefined, productType),
    },
    begin: ({ deployment, trail }, client) => answerOf(exchange, asked, deployment, client, trail),
  })
}
