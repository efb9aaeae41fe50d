import { ChatRequest, type ValidationVerdict } from '@turnout/contract'
import type { Principal } from '../access/types.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { unreadFields } from '../core/openai/chat-call.ts'
import { type Fit, fitChat } from '../core/openai/chat-fit.ts'
import { readFormat } from '../core/openai/chat-tools.ts'
import type { Route } from '../core/route.ts'
import { chatNeeds } from '../core/routing/chat-needs.ts'
import { fitWithoutPictures, hasPictures } from '../core/routing/degrade.ts'
import { metadataOf, type Needs } from '../core/routing/needs.ts'
import { type OutputPlan, planOutput } from '../core/structured/output.ts'
import { keepsChat } from '../gateway/cache/kept.ts'
import { cacheKey } from '../gateway/cache/key.ts'
import { cachePlan } from '../gateway/cache/rule.ts'
import { type CachedRequest, CachedRun } from '../gateway/cache/run.ts'
import type { Metered } from '../gateway/metering.ts'
import { Relay } from '../gateway/relay/relay.ts'
import type { RelayCall, RelayClient, Running } from '../gateway/relay/types.ts'
import type { Leg } from '../gateway/routing/chain.ts'
import { type Begin, Fallback, type GoOn } from '../gateway/routing/fallback.ts'
import { isSole, soleLeg } from '../gateway/routing/router.ts'
import { chainOf } from '../gateway/routing/with-fallback.ts'
import { Heir } from '../gateway/text/heir.ts'
import { Interpreter } from '../gateway/text/interpreter.ts'
import { chatPassesThrough } from '../gateway/text/path.ts'
import { isHeld, type TextRequest, textRequest } from '../gateway/text/request.ts'
import { Shown } from '../gateway/text/shown.ts'
import { JudgedStream } from '../gateway/validation/after.ts'
import { type Judges, planValidation } from '../gateway/validation/plan.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { productTypeOf, relayedBody, routeFor, through } from './target.ts'

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

type OnVerdict = (verdict: ValidationVerdict) => void

/** A chat as it came. */
interface Asked {
  body: ChatRequest
  raw: Buffer
  parsed: Record<string, unknown>
  principal: Principal
  route: Route
  judges: Judges
}

/** A chat as one deployment takes it. */
interface Chat {
  deployment: Deployment
  metered: Metered
  fit: Fit
  output: OutputPlan | undefined
  held: boolean
  /** Where what the client is shown is noted. */
  shown: Shown | undefined
}

function relay({ plane }: Exchange, asked: Asked, chat: Chat, client: RelayClient): Relay {
  const { body, raw, parsed } = asked
  const { deployment, metered, fit, output, held, shown } = chat
  const fitted = fit.warnings.length === 0 ? parsed : { ...parsed, ...fit.changes }
  const changes: Record<string, unknown> = {
    ...fit.changes,
    ...relayedBody(deployment, 'chat', fitted, plane.relay.wires),
    ...usageChange(body, deployment.model),
    ...(parsed.turnout !== undefined && { turnout: undefined }),
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
    review: asked.judges.before,
    held,
    shown,
    warnings: output ? [...fit.warnings, ...output.warnings] : fit.warnings,
  }
  return new Relay(plane.relay, call, client)
}

function interpret({ plane }: Exchange, { body, judges }: Asked, chat: Chat, client: RelayClient): Interpreter {
  const { deployment, metered, fit, output, held, shown } = chat
  const request = textRequest(plane.text.adapters, deployment, body, fit, output, metered)
  return new Interpreter(plane.text, { ...request, held, review: judges.before }, client, asksForUsage(body), shown)
}

/** @throws TurnoutError where the model does not take the request */
function chatOf(exchange: Exchange, asked: Asked, { deployment, loss, trail }: Leg, shown?: Shown): Chat {
  const { body, principal, route, judges } = asked
  const { model } = deployment
  const blind =
    loss === 'vision' || (body.turnout?.degrade === true && model.capabilities.vision === false && hasPictures(body))
  const fit = blind ? fitWithoutPictures(body, model) : fitChat(body, model)
  // It was for the choice; OpenAI refuses it in requests that are not to be stored.
  if (!isSole(route) && body.metadata && body.store !== true) fit.changes.metadata = undefined
  const output = planOutput(readFormat(body), model.capabilities)
  const metered: Metered = {
    requestId: exchange.requestId,
    operation: 'chat',
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: body.stream === true,
    settings: {},
    trail,
  }
  const held = body.stream === true && isHeld(route, body.turnout?.stream, judges.before)
  return { deployment, metered, fit, output, held, shown: held ? undefined : shown }
}

const passesThrough = ({ plane }: Exchange, { deployment, output }: Chat): boolean =>
  chatPassesThrough(plane.text.adapters.get(deployment.provider.adapter), deployment.model, output)

/** What brings the answer of one deployment. @throws TurnoutError where its model does not take the request */
function answerOf(exchange: Exchange, asked: Asked, leg: Leg, client: RelayClient, shown?: Shown): Running {
  const chat = chatOf(exchange, asked, leg, shown)
  return passesThrough(exchange, chat) ? relay(exchange, asked, chat, client) : interpret(exchange, asked, chat, client)
}

/**
 * The request to somebody who is to go on with an answer: it is read, and what
 * is read of it goes to whoever speaks the dialect as well.
 *
 * @throws TurnoutError where the model does not take the request
 */
function requestTo(exchange: Exchange, asked: Asked, leg: Leg): TextRequest {
  const { adapters } = exchange.plane.text
  const { body } = asked
  const chat = chatOf(exchange, asked, leg)
  const { deployment, fit, output, metered } = chat
  if (!passesThrough(exchange, chat)) return textRequest(adapters, deployment, body, fit, output, metered)
  const unread = unreadFields({ ...body, ...fit.changes })
  const known = Object.fromEntries(Object.entries(body).filter(([name]) => !(name in unread))) as ChatRequest
  const request = textRequest(adapters, deployment, known, fit, output, metered)
  return { ...request, call: { ...request.call, defaults: { ...request.call.defaults, ...unread } } }
}

/** A stream may break off, so that others go on with it. */
function streamed(
  exchange: Exchange,
  asked: Asked,
  needs: () => Needs,
  client: RelayClient,
  onVerdict?: OnVerdict,
): Running {
  const { plane, requestId, session } = exchange
  const { route, body } = asked
  const includeUsage = asksForUsage(body)
  const chain = chainOf(plane.router, { route, needs, session, requestId })
  const prepare = (leg: Leg) => requestTo(exchange, asked, leg)
  const begin: Begin = (leg, client) =>
    answerOf(exchange, asked, leg, client, chain.hasSuccessor ? new Shown() : undefined)
  const goOn: GoOn = (cut, client) =>
    new Heir({ services: plane.text, chain, prepare, requestId, includeUsage }, cut, client)
  const bring = (client: RelayClient) => new Fallback(chain, begin, client, goOn)
  const { after: validation } = asked.judges
  if (validation === undefined) return bring(client)
  const heard = (verdict: ValidationVerdict) => {
    exchange.noteVerdict(verdict)
    onVerdict?.(verdict)
  }
  return new JudgedStream({ validation, client, onVerdict: heard }, bring)
}

/** What brings the answer. @throws TurnoutError */
function answering(
  exchange: Exchange,
  asked: Asked,
  needs: () => Needs,
  client: RelayClient,
  onVerdict?: OnVerdict,
): Running {
  const { body, route } = asked
  if (body.stream) return streamed(exchange, asked, needs, client, onVerdict)
  if (isSole(route)) return answerOf(exchange, asked, soleLeg(route), client)
  return through(
    exchange,
    route,
    { needs: needs(), begin: (leg, each) => answerOf(exchange, asked, leg, each) },
    client,
  )
}

/** The same where the answer may be one that is kept; undefined where nobody wants that, or the request is to be stored. */
function fromCache(exchange: Exchange, asked: Asked, needs: () => Needs, productType: string | undefined) {
  const { body, route, parsed, principal, judges } = asked
  const plan = cachePlan(route, body.turnout?.cache, exchange.request.headers['x-turnout-cache'])
  if (plan === undefined || body.store === true) return undefined
  const { model: _, stream: __, stream_options: ___, turnout: ____, ...rest } = parsed
  const routeOf = (name: string) => exchange.plane.registry.snapshot.route(name)
  const asking = { route, productType, keyId: principal.keyId, validate: body.turnout?.validate, routeOf }
  const request: CachedRequest = {
    plan,
    key: cacheKey({ api: 'chat', body: rest, ...asking }, plan),
    ...(body.stream && {
      stream: {
        includeUsage: asksForUsage(body),
        validated: judges.before !== undefined || judges.after !== undefined,
      },
    }),
    isKept: keepsChat,
  }
  return new CachedRun(exchange.plane.cache, request, exchange, (client, onVerdict) =>
    answering(exchange, asked, needs, client, onVerdict),
  )
}

/** What the answer is held against. @throws TurnoutError invalid_input */
function judgesOf({ plane, requestId }: Exchange, route: Route, body: ChatRequest, { keyId, owner }: Principal) {
  return planValidation(plane.text, (name) => plane.registry.snapshot.route(name), {
    route,
    own: body.turnout?.validate,
    field: 'turnout.validate',
    streamed: body.stream === true,
    messages: body.messages,
    isJson: readFormat(body) !== undefined,
    whose: { requestId, keyId, user: body.user ?? owner },
  })
}

/** `POST /v1/chat/completions` */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(ChatRequest, parsed)
  const productType = productTypeOf(request.headers, body.metadata)
  const route = routeFor(exchange, body, 'text', productType)
  const judges = judgesOf(exchange, route, body, principal)
  const asked = { body, raw, parsed, principal, route, judges }
  const needs = () => chatNeeds(body, raw.length, metadataOf(body.metadata, productType))
  const cached = fromCache(exchange, asked, needs, productType)
  exchange.run(cached ?? answering(exchange, asked, needs, exchange), route, body.stream ? CHAT_END : '')
}
