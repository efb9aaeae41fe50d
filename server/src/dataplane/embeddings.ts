import { EmbeddingsRequest } from '@turnout/contract'
import type { Principal } from '../access/types.ts'
import type { Deployment } from '../core/deployment.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import type { Route } from '../core/route.ts'
import { estimateTokens, metadataOf, type Needs } from '../core/routing/needs.ts'
import type { Metered } from '../gateway/metering.ts'
import { Relay } from '../gateway/relay/relay.ts'
import type { RelayClient, Running } from '../gateway/relay/types.ts'
import type { Begin } from '../gateway/routing/fallback.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import type { Trail } from '../gateway/routing/trail.ts'
import { Embedder } from '../gateway/text/embedder.ts'
import { embeddingsPassThrough } from '../gateway/text/path.ts'
import { readBody, readJson } from './body.ts'
import { cachedWhole } from './cached.ts'
import type { Exchange } from './exchange.ts'
import { productTypeOf, relayedBody, routeFor, through } from './target.ts'

/** A request as it came. */
interface Asked {
  body: EmbeddingsRequest
  raw: Buffer
  parsed: Record<string, unknown>
  principal: Principal
  route: Route
  productType: string | undefined
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
  const changes = relayedBody(deployment, 'embeddings', parsed, plane.relay.wires)
  if (parsed.turnout !== undefined) changes.turnout = undefined
  const call = {
    ...metered,
    operation: 'embeddings' as const,
    deployment,
    body: changeBody(raw, parsed, changes),
    contentType: 'application/json',
    hideUsage: false,
    choices: 1,
  }
  return new Relay(plane.relay, call, client)
}

/** What brings the answer. @throws TurnoutError */
function answering(exchange: Exchange, asked: Asked, client: RelayClient): Running {
  const { route, raw, productType } = asked
  if (isSole(route)) return answerOf(exchange, asked, soleDeployment(route), client)
  const needs: Needs = {
    output: 'embedding',
    input: ['text'],
    capabilities: [],
    streamed: false,
    inputTokens: estimateTokens(raw.length),
    metadata: metadataOf(undefined, productType),
  }
  const begin: Begin = ({ deployment, trail }, each) => answerOf(exchange, asked, deployment, each, trail)
  return through(exchange, route, { needs, begin }, client)
}

/** `POST /v1/embeddings` */
export async function embeddings(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(EmbeddingsRequest, parsed)
  const productType = productTypeOf(request.headers, body.metadata)
  const route = routeFor(exchange, body, 'embedding', productType)
  const asked: Asked = { body, raw, parsed, principal, route, productType }
  const cached = cachedWhole(
    exchange,
    { ...asked, api: 'embeddings', wish: body.turnout?.cache, values: parsed, isKept: () => true },
    (client) => answering(exchange, asked, client),
  )
  exchange.run(cached ?? answering(exchange, asked, exchange), route)
}
