import { EmbeddingsRequest } from '@turnout/contract'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import type { Metered } from '../gateway/metering.ts'
import { Embedder } from '../gateway/text/embedder.ts'
import { embeddingsPassThrough } from '../gateway/text/path.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { relayedBody, resolveFor } from './target.ts'

/** `POST /v1/embeddings` */
export async function embeddings(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(EmbeddingsRequest, parsed)
  const { deployment, substitutedFor } = resolveFor(plane.registry, body.model, 'embedding')
  const metered: Metered = {
    requestId: exchange.requestId,
    operation: 'embeddings',
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: false,
    settings: {},
  }
  if (!embeddingsPassThrough(plane.text.adapters.get(deployment.provider.adapter))) {
    exchange.run(new Embedder(plane.text, deployment, body, metered, exchange), deployment, substitutedFor)
    return
  }
  exchange.relay(
    {
      ...metered,
      operation: 'embeddings',
      deployment,
      body: changeBody(raw, parsed, relayedBody(deployment, 'embeddings', parsed, plane.relay.wires)),
      contentType: 'application/json',
      hideUsage: false,
      choices: 1,
    },
    substitutedFor,
  )
}
