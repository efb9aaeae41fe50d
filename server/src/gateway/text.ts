import type { ChatRequest, GeneratedText, GenerateText, Served, TextEvent, Usage } from '@turnout/contract'
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
import { type TextRequest, type TextServices, textRequest } from './text/request.ts'
import { type FinishPart, openStream, type TextStream, withoutEnd } from './text/stream.ts'
import { answerWhole } from './text/whole.ts'
import type { Caller } from './types.ts'

/** What the answers of the native API say of how they came about. */
export function servedBy(
  deployment: Deployment,
  caller: Caller,
  { route, fallbacks }: { route: Route; fallbacks: number },
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
    usage,
    cost: cost === null ? null : formatDollars(cost),
    emulated: deployment.provider.emulated,
    warnings: asked === undefined ? [] : [`${asked} is retired; ${deployment.model.id} answered in its place.`],
  }
}

/** Where a request of the native API may go. @throws TurnoutError */
export function nativeRoute(
  registry: Registry,
  { modelId, role, productType }: Pick<GenerateText, 'modelId' | 'role' | 'productType'>,
): Route {
  return registry.snapshot.route(role === undefined ? modelId! : `role:${role}`, productType)
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
  stream,
})

function sought(route: Route, { systemPrompt = '', prompt, maxTokens, stream, productType }: GenerateText): Sought {
  return {
    route,
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
function prepare(services: TextServices, { deployment, trail }: Leg, input: GenerateText, caller: Caller): TextRequest {
  const { model } = deployment
  if (!model.output.includes('text')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make text; it makes ${model.output.join(' and ')}.`,
      { param: 'modelId' },
    )
  }
  const body = asChat(model.id, input)
  return textRequest(services.adapters, deployment, body, fitChat(body, model), undefined, {
    requestId: caller.requestId,
    operation: 'text.generate',
    keyId: caller.principal.keyId,
    user: caller.principal.owner,
    streamed: input.stream,
    settings: {},
    trail,
  })
}

export async function generateText(
  services: TextServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): Promise<GeneratedText> {
  const route = nativeRoute(registry, input)
  const { value, fallbacks } = await withFallback(services.router, sought(route, input), async (leg) => {
    const request = prepare(services, leg, input, caller)
    return { request, answer: await answerWhole(services, request, caller.signal) }
  })
  const { request, answer } = value
  const { result, attempts, cost, warnings } = answer
  const served = servedBy(request.deployment, caller, { route, fallbacks }, attempts, result.usage, cost)
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

async function summary(
  stream: TextStream,
  finish: FinishPart,
  request: TextRequest,
  had: { route: Route; fallbacks: number },
  caller: Caller,
): Promise<TextEvent> {
  stream.end(finish)
  const cost = await stream.succeed(finish)
  const served = servedBy(request.deployment, caller, had, stream.attempts, finish.usage, cost)
  return {
    ...served,
    warnings: [...served.warnings, ...request.warnings, ...finish.warnings],
    content: '',
    finishReason: finish.reason,
    rawFinishReason: finish.raw,
  }
}

export async function* streamText(
  services: TextServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): AsyncIterable<TextEvent> {
  const route = nativeRoute(registry, input)
  const { value, fallbacks } = await withFallback(services.router, sought(route, input), async (leg) => {
    const request = prepare(services, leg, input, caller)
    return { request, stream: await openStream(services, request, caller.signal, shows) }
  })
  const { request, stream } = value
  const { parts } = stream
  try {
    for (let next = stream.first; !next.done; next = await parts.next()) {
      const part = next.value
      stream.touch()
      if (part.type === 'text-delta') yield { content: part.text }
      else if (part.type === 'finish') {
        yield await summary(stream, part, request, { route, fallbacks }, caller)
        return
      }
    }
    throw withoutEnd(request.deployment.provider.id)
  } catch (thrown) {
    const { code, message } = await stream.fail(thrown)
    yield { error: { code, message, requestId: caller.requestId } }
  } finally {
    await stream.close()
  }
}
