import type { ChatRequest, GeneratedText, GenerateText, Hedged, Served, TextEvent, Usage } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { fitChat } from '../core/openai/chat-fit.ts'
import { formatDollars } from '../core/price.ts'
import type { Route } from '../core/route.ts'
import { estimateTokens, metadataOf } from '../core/routing/needs.ts'
import type { TextPart } from '../core/text.ts'
import type { Registry } from '../registry/types.ts'
import type { Leg } from './routing/chain.ts'
import { isSole } from './routing/router.ts'
import { type Sought, withFallback } from './routing/with-fallback.ts'
import { type AnswerStream, answerStream } from './text/answer-stream.ts'
import { isHeld, type TextRequest, type TextServices, textRequest } from './text/request.ts'
import type { FinishPart } from './text/stream.ts'
import type { Opened, Switch } from './text/succession.ts'
import { answerWhole } from './text/whole.ts'
import type { Caller } from './types.ts'
import { judgeAtEnd } from './validation/at-end.ts'
import { nativeValidation } from './validation/native.ts'
import type { Judges } from './validation/plan.ts'
import type { Review } from './validation/review.ts'

/** What the answers of the native API say of how they came about. */
export function servedBy(
  deployment: Deployment,
  caller: Caller,
  { route, fallbacks, hedged }: { route: Route; fallbacks: number; hedged?: Hedged | undefined },
  attempts: number,
  usage: Usage,
  cost: bigint | null,
): Served {
  const { substitutedFor: asked } = route
  return {
    requestId: caller.requestId,
    model: deployment.model.id,
    requestedModel: asked ?? (isSole(route) ? deployment.model.id : route.name),
    provider: deployment.provider.id,
    attempts,
    ...(!isSole(route) && { fallbacks }),
    ...(hedged && { hedged }),
    ...route.assignment,
    usage,
    cost: cost === null ? null : formatDollars(cost),
    emulated: deployment.provider.emulated,
    warnings: asked === undefined ? [] : [`${asked} is retired; ${deployment.model.id} answered in its place.`],
  }
}

type NativeTarget = Pick<GenerateText, 'modelId' | 'role' | 'productType' | 'session' | 'user'>

/** Where a request of the native API may go. @throws TurnoutError */
export function nativeRoute(
  registry: Registry,
  { modelId, role, productType, session, user }: NativeTarget,
  { requestId, principal, session: ofHeader }: Caller,
): Route {
  const { keyId, owner } = principal
  const identity = { requestId, keyId, user: user ?? owner, session: session ?? ofHeader }
  return registry.snapshot.route(role === undefined ? modelId! : `role:${role}`, productType, identity)
}

/** The request as it would be in OpenAI's dialect: what holds there holds here. */
const asChat = (
  model: string,
  { systemPrompt, prompt, temperature, maxTokens, stream }: GenerateText,
): ChatRequest => ({
  model,
  messages: [
    ...(systemPrompt === undefined ? [] : [{ role: 'system' as const, content: systemPrompt }]),
    { role: 'user' as const, content: prompt },
  ],
  temperature,
  max_completion_tokens: maxTokens,
  stream: stream !== false,
})

function sought(
  route: Route,
  { systemPrompt = '', prompt, maxTokens, stream: how, productType, session }: GenerateText,
  { requestId, session: ofHeader }: Caller,
): Sought {
  const stream = how !== false
  return {
    route,
    session: session ?? ofHeader,
    requestId,
    needs: () => ({
      output: 'text',
      input: ['text'],
      capabilities: stream ? ['streaming'] : [],
      streamed: stream,
      inputTokens: estimateTokens(Buffer.byteLength(systemPrompt) + Buffer.byteLength(prompt)),
      maxTokens,
      metadata: metadataOf(undefined, productType),
    }),
  }
}

/** @throws TurnoutError where the model does not take the request */
function prepare(
  services: TextServices,
  { deployment, trail }: Leg,
  route: Route,
  input: GenerateText,
  review: Review | undefined,
  caller: Caller,
): TextRequest {
  const { model } = deployment
  if (!model.output.includes('text')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make text; it makes ${model.output.join(' and ')}.`,
      { param: 'modelId' },
    )
  }
  const body = asChat(model.id, input)
  const streamed = input.stream !== false
  const held = streamed && isHeld(route, typeof input.stream === 'object' ? input.stream : undefined, review)
  const request = textRequest(services.adapters, deployment, body, fitChat(body, model), undefined, {
    requestId: caller.requestId,
    operation: 'text.generate',
    keyId: caller.principal.keyId,
    user: input.user ?? caller.principal.owner,
    streamed,
    settings: {},
    trail,
  })
  return { ...request, held, review }
}

export async function generateText(
  services: TextServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): Promise<GeneratedText> {
  const route = nativeRoute(registry, input, caller)
  const { before } = nativeValidation(services, registry, route, input, asChat('', input).messages, caller)
  const wanted = sought(route, input, caller)
  const { value, ...had } = await withFallback(services.router, wanted, caller.signal, async (leg, signal) => {
    const request = prepare(services, leg, route, input, before, caller)
    return { request, answer: await answerWhole(services, request, signal) }
  })
  const { request, answer } = value
  const { result, cost, warnings } = answer
  const { attempts = answer.attempts } = had
  const served = servedBy(request.deployment, caller, { route, ...had }, attempts, result.usage, cost)
  return {
    ...served,
    warnings: [...served.warnings, ...warnings],
    content: result.text,
    finishReason: result.reason,
    rawFinishReason: result.raw,
  }
}

/** The native API shows text alone. */
const shows = (part: TextPart): boolean => part.type === 'finish' || (part.type === 'text-delta' && part.text !== '')

/** What the last event says. The usage is that of whoever ended the answer; the cost is that of all who wrote it. */
async function summary(
  { stream, switched }: Opened,
  finish: FinishPart,
  route: Route,
  { fallbacks, hedged, trail }: AnswerStream['chain'],
  caller: Caller,
  judged: { text: string; judges: Judges },
): Promise<TextEvent> {
  const { request } = stream
  const own = await stream.succeed(finish)
  const ofAnswer = switched ? trail.total(own) : own
  const { reason, upstreamRequestId } = finish
  const about = { provider: request.deployment.provider.id, upstreamRequestId, signal: caller.signal }
  const answer = { text: judged.text, reason, callsTools: false }
  const { cost, warnings, validation } = await judgeAtEnd(judged.judges, answer, about, ofAnswer)
  const had = { route, fallbacks, hedged }
  const served = servedBy(request.deployment, caller, had, trail.attempts, finish.usage, cost)
  return {
    ...served,
    warnings: [...served.warnings, ...request.warnings, ...finish.warnings, ...warnings],
    content: '',
    finishReason: finish.reason,
    rawFinishReason: finish.raw,
    ...(validation && { validation }),
  }
}

export async function* streamText(
  services: TextServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): AsyncIterable<TextEvent> {
  const route = nativeRoute(registry, input, caller)
  const judges = nativeValidation(services, registry, route, input, asChat('', input).messages, caller)
  let text = ''
  const { chain, items } = answerStream({
    services,
    sought: sought(route, input, caller),
    prepare: (leg) => prepare(services, leg, route, input, judges.before, caller),
    shows,
    signal: caller.signal,
  })
  let current: Opened | undefined
  let news: Switch | undefined
  try {
    for await (const item of items) {
      if (item.type === 'opened') {
        current = item
        news = item.switched
      } else if (item.type === 'text-delta') {
        if (judges.after) text += item.text
        yield { content: item.text, ...(news && { switched: news }) }
        news = undefined
      } else if (item.type === 'finish') {
        if (news) yield { content: '', switched: news }
        yield await summary(current!, item, route, chain, caller, { text, judges })
      }
    }
  } catch (thrown) {
    // Before anything has been seen, it is an error like any other.
    if (current === undefined) throw thrown
    const { code, message } = TurnoutError.from(thrown)
    yield { error: { code, message, requestId: caller.requestId } }
  }
}
