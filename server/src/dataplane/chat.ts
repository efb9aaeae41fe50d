import { ChatRequest } from '@turnout/contract'
import type { Principal } from '../access/types.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { type Fit, fitChat } from '../core/openai/chat-fit.ts'
import { readFormat } from '../core/openai/chat-tools.ts'
import { chatNeeds } from '../core/routing/chat-needs.ts'
import { fitWithoutPictures } from '../core/routing/degrade.ts'
import { metadataOf } from '../core/routing/needs.ts'
import { type OutputPlan, planOutput } from '../core/structured/output.ts'
import type { Metered } from '../gateway/metering.ts'
import { Relay } from '../gateway/relay/relay.ts'
import type { RelayCall, RelayClient, Running } from '../gateway/relay/types.ts'
import type { Leg } from '../gateway/routing/chain.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import { Interpreter } from '../gateway/text/interpreter.ts'
import { chatPassesThrough } from '../gateway/text/path.ts'
import { textRequest } from '../gateway/text/request.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { productTypeOf, relayedBody, routeFor, runThrough } from './target.ts'

/** What a complete stream of a chat ends with. */
const CHAT_END = 'data: [DONE]\n\n'

const asksForUsage = (body: ChatRequest): boolean => body.stream_options?.include_usage === true

/** What must differ in the bytes that go on, so that the meter gets to see the usage of a stream. */
function usageChange(body: ChatRequest, { flags, id }: Deployment['model']): Record<string, unknown> {
  if (!body.stream) return {}
  if (flags.streamUsage !== false) {
    return asksForUsage(body) ? {} : { stream_options: { ...body.stream_options, include_usage: true } }
  }
  if (!asksForUsage(body)) return {}
  throw new TurnoutError('capability_missing', `Model ${id} does not report usage in a stream.`, {
    param: 'stream_options.include_usage',
  })
}

/** A chat as it came. */
interface Asked {
  body: ChatRequest
  raw: Buffer
  parsed: Record<string, unknown>
  principal: Principal
}

/** A chat as one deployment takes it. */
interface Chat {
  deployment: Deployment
  metered: Metered
  fit: Fit
  output: OutputPlan | undefined
}

function relay({ plane }: Exchange, asked: Asked, chat: Chat, client: RelayClient): Relay {
  const { body, raw, parsed } = asked
  const { deployment, metered, fit, output } = chat
  const fitted = fit.warnings.length === 0 ? parsed : { ...parsed, ...fit.changes }
  const changes: Record<string, unknown> = {
    ...fit.changes,
    ...relayedBody(deployment, 'chat', fitted, plane.relay.wires),
    ...usageChange(body, deployment.model),
  }
  const call: RelayCall = {
    ...metered,
    operation: 'chat',
    deployment,
    body: changeBody(raw, parsed, changes),
    contentType: 'application/json',
    hideUsage: !asksForUsage(body),
    choices: Number(changes.n ?? body.n ?? 1),
    output,
    warnings: output ? [...fit.warnings, ...output.warnings] : fit.warnings,
  }
  return new Relay(plane.relay, call, client)
}

function interpret({ plane }: Exchange, { body }: Asked, chat: Chat, client: RelayClient): Interpreter {
  const { deployment, metered, fit, output } = chat
  const request = textRequest(plane.text.adapters, deployment, body, fit, output, metered)
  return new Interpreter(plane.text, request, client, asksForUsage(body))
}

/** What brings the answer of one deployment. @throws TurnoutError where its model does not take the request */
function answerOf(exchange: Exchange, asked: Asked, deployment: Deployment, client: RelayClient, leg?: Leg): Running {
  const { body, principal } = asked
  const { model, provider } = deployment
  const fit = leg?.loss === 'vision' ? fitWithoutPictures(body, model) : fitChat(body, model)
  // It was for the choice; OpenAI refuses it in requests that are not to be stored.
  if (leg && body.metadata && body.store !== true) fit.changes.metadata = undefined
  const output = planOutput(readFormat(body), model.capabilities)
  const metered: Metered = {
    requestId: exchange.requestId,
    operation: 'chat',
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: body.stream === true,
    settings: {},
    trail: leg?.trail,
  }
  const chat = { deployment, metered, fit, output }
  return chatPassesThrough(exchange.plane.text.adapters.get(provider.adapter), model, output)
    ? relay(exchange, asked, chat, client)
    : interpret(exchange, asked, chat, client)
}

/** `POST /v1/chat/completions` */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(ChatRequest, parsed)
  const productType = productTypeOf(request.headers, body.metadata)
  const route = routeFor(plane.registry, body.model, 'text', productType)
  const asked = { body, raw, parsed, principal }
  if (isSole(route)) {
    exchange.run(answerOf(exchange, asked, soleDeployment(route), exchange), route, CHAT_END)
    return
  }
  runThrough(exchange, route, {
    needs: chatNeeds(body, raw.length, metadataOf(body.metadata, productType)),
    begin: (leg, client) => answerOf(exchange, asked, leg.deployment, client, leg),
    endMarker: CHAT_END,
  })
}
