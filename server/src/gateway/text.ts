import type { ChatRequest, GeneratedText, GenerateText, Served, TextEvent, Usage } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { fitChat } from '../core/openai/chat-fit.ts'
import { formatDollars } from '../core/price.ts'
import type { TextPart } from '../core/text.ts'
import type { Registry } from '../registry/types.ts'
import { type TextRequest, type TextServices, textRequest } from './text/request.ts'
import { type FinishPart, openStream, type TextStream, withoutEnd } from './text/stream.ts'
import { answerWhole } from './text/whole.ts'
import type { Caller } from './types.ts'

/** What the answers of the native API say of how they came about. */
export function servedBy(
  deployment: Deployment,
  caller: Caller,
  asked: string | undefined,
  attempts: number,
  usage: Usage,
  cost: bigint | null,
): Served {
  return {
    requestId: caller.requestId,
    model: deployment.model.id,
    requestedModel: asked ?? deployment.model.id,
    provider: deployment.provider.id,
    attempts,
    usage,
    cost: cost === null ? null : formatDollars(cost),
    emulated: deployment.provider.emulated,
    warnings: asked === undefined ? [] : [`${asked} is retired; ${deployment.model.id} answered in its place.`],
  }
}

/** The request as it would be in OpenAI's dialect: what holds there holds here. */
const asChat = ({ modelId, systemPrompt, prompt, temperature, maxTokens, stream }: GenerateText): ChatRequest => ({
  model: modelId,
  messages: [
    ...(systemPrompt === undefined ? [] : [{ role: 'system' as const, content: systemPrompt }]),
    { role: 'user' as const, content: prompt },
  ],
  temperature,
  max_completion_tokens: maxTokens,
  stream,
})

interface Prepared {
  request: TextRequest
  substitutedFor: string | undefined
}

function prepare(services: TextServices, registry: Registry, input: GenerateText, caller: Caller): Prepared {
  const { deployment, substitutedFor } = registry.snapshot.resolve(input.modelId)
  const { model } = deployment
  if (!model.output.includes('text')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make text; it makes ${model.output.join(' and ')}.`,
      { param: 'modelId' },
    )
  }
  const body = asChat(input)
  const request = textRequest(services.adapters, deployment, body, fitChat(body, model), undefined, {
    requestId: caller.requestId,
    operation: 'text.generate',
    keyId: caller.principal.keyId,
    user: caller.principal.owner,
    streamed: input.stream,
    settings: {},
  })
  return { request, substitutedFor }
}

export async function generateText(
  services: TextServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): Promise<GeneratedText> {
  const { request, substitutedFor } = prepare(services, registry, input, caller)
  const { result, attempts, cost, warnings } = await answerWhole(services, request, caller.signal)
  const served = servedBy(request.deployment, caller, substitutedFor, attempts, result.usage, cost)
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
  { request, substitutedFor }: Prepared,
  caller: Caller,
): Promise<TextEvent> {
  stream.end(finish)
  const cost = await stream.succeed(finish)
  const served = servedBy(request.deployment, caller, substitutedFor, stream.attempts, finish.usage, cost)
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
  const prepared = prepare(services, registry, input, caller)
  const stream = await openStream(services, prepared.request, caller.signal, shows)
  const { parts } = stream
  try {
    for (let next = stream.first; !next.done; next = await parts.next()) {
      const part = next.value
      stream.touch()
      if (part.type === 'text-delta') yield { content: part.text }
      else if (part.type === 'finish') {
        yield await summary(stream, part, prepared, caller)
        return
      }
    }
    throw withoutEnd(prepared.request.deployment.provider.id)
  } catch (thrown) {
    const { code, message } = await stream.fail(thrown)
    yield { error: { code, message, requestId: caller.requestId } }
  } finally {
    await stream.close()
  }
}
