import type { IncomingHttpHeaders } from 'node:http'
import type { Modality } from '@turnout/contract'
import type { OpenAIOperation } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import type { Route } from '../core/route.ts'
import type { Needs } from '../core/routing/needs.ts'
import type { RelayClient } from '../gateway/relay/types.ts'
import { type Begin, Fallback } from '../gateway/routing/fallback.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import type { Wires } from '../gateway/wire.ts'
import type { Exchange } from './exchange.ts'

const MAKES: Readonly<Record<string, string>> = {
  text: 'chat completions',
  embedding: 'embeddings',
  image: 'pictures',
}

/** For which kind of product a request is: by its header, else by its metadata. Roles may have a pool for it. */
export function productTypeOf(headers: IncomingHttpHeaders, metadata: unknown): string | undefined {
  const header = headers['x-turnout-product-type']
  if (typeof header === 'string' && header !== '') return header
  const named = (metadata as { product_type?: unknown } | null | undefined)?.product_type
  return typeof named === 'string' ? named : undefined
}

/** Where a request may go; of a single model it is certain that it makes what is asked for. */
export function routeFor(
  exchange: Exchange,
  { model: name, user }: { model: string; user?: string | null | undefined },
  output: Modality,
  productType?: string,
): Route {
  const { snapshot } = exchange.plane.registry
  exchange.wants(name)
  const plain = snapshot.route(name, productType)
  const route = plain.experiment ? snapshot.route(name, productType, exchange.identity(user)) : plain
  if (!isSole(route)) return route
  const { model } = soleDeployment(route)
  if (model.output.includes(output)) return route
  throw new TurnoutError(
    'capability_missing',
    `Model ${model.id} does not make ${MAKES[output]}; it makes ${model.output.join(' and ')}.`,
    { param: 'model' },
  )
}

/** What the way through several deployments needs to know besides where it leads. */
export interface Passage {
  needs: Needs
  begin: Begin
  paidOnAcceptance?: boolean
}

/** What answers by whoever of several deployments gives an answer first in their order. */
export function through(exchange: Exchange, route: Route, passage: Passage, client: RelayClient): Fallback {
  const { requestId, session } = exchange
  const { needs, begin, paidOnAcceptance } = passage
  const chain = exchange.plane.router.chain(route, needs, { paidOnAcceptance, session, requestId })
  return new Fallback(chain, begin, client)
}

/** What a request is, rather than how it is to be done: no default takes their place. */
const THE_CLIENTS: ReadonlySet<string> = new Set(['model', 'messages', 'input', 'prompt', 'stream', 'stream_options'])

/** What must differ in the request that goes upstream: the model's name there, its defaults, and what its server wants otherwise. */
export function relayedBody(
  deployment: Deployment,
  operation: OpenAIOperation,
  parsed: Readonly<Record<string, unknown>>,
  wires: Wires,
): Record<string, unknown> {
  const { model, upstreamId } = deployment
  const changes = wires.get(deployment, operation).door.rewrite(operation, parsed, model.flags) ?? {}
  for (const name in model.defaults) {
    if (parsed[name] === undefined && !THE_CLIENTS.has(name)) changes[name] ??= model.defaults[name]
  }
  if (parsed.model !== upstreamId) changes.model = upstreamId
  return changes
}
