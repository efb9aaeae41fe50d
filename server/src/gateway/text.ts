import type { GeneratedText, GenerateText, Served, TextEvent, Usage } from '@turnout/contract'
import type { TextAdapter } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { formatDollars } from '../core/price.ts'
import type { TextCall, TextPart } from '../core/text.ts'
import type { Registry } from '../registry/types.ts'
import { type AttemptPlan, type AttemptScope, type AttemptServices, attempt, failed, succeeded } from './attempts.ts'
import { toldToClient } from './told.ts'
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

interface Prepared {
  adapter: TextAdapter
  call: TextCall
  plan: AttemptPlan
  substitutedFor: string | undefined
}

function prepare(services: AttemptServices, registry: Registry, input: GenerateText, caller: Caller): Prepared {
  const { deployment, substitutedFor } = registry.snapshot.resolve(input.modelId)
  const { model, provider } = deployment
  const adapter = services.adapters.get(provider.adapter)?.text
  if (adapter === undefined || !model.output.includes('text')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make text; it makes ${model.output.join(' and ')}.`,
      {
        param: 'modelId',
      },
    )
  }
  if (input.stream && model.capabilities.streaming === false) {
    throw new TurnoutError('capability_missing', `Model ${model.id} does not stream its answers.`, { param: 'stream' })
  }
  return {
    adapter,
    substitutedFor,
    call: {
      model: deployment.upstreamId,
      messages: [
        ...(input.systemPrompt === undefined ? [] : [{ role: 'system' as const, text: input.systemPrompt }]),
        { role: 'user' as const, content: [{ type: 'text' as const, text: input.prompt }] },
      ],
      maxTokens: input.maxTokens,
      temperature: input.temperature,
      defaults: model.defaults,
    },
    plan: {
      requestId: caller.requestId,
      operation: 'text.generate',
      keyId: caller.principal.keyId,
      user: caller.principal.owner,
      streamed: input.stream,
      settings: {},
      deployment,
      signal: caller.signal,
      paidOnAcceptance: false,
    },
  }
}

export async function generateText(
  services: AttemptServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): Promise<GeneratedText> {
  const { adapter, call, plan, substitutedFor } = prepare(services, registry, input, caller)
  return attempt(services, plan, async ({ connection, patience, meter, number }) => {
    const { text, reason, raw, usage, upstreamRequestId } = await adapter.generate(call, connection)
    patience.stop()
    const cost = await succeeded(meter, usage, upstreamRequestId)
    return {
      ...servedBy(plan.deployment, caller, substitutedFor, number, usage, cost),
      content: text,
      finishReason: reason,
      rawFinishReason: raw,
    }
  })
}

interface BegunStream extends AttemptScope {
  parts: AsyncIterator<TextPart>
  first: IteratorResult<TextPart>
}

const shows = (part: TextPart): boolean => part.type === 'finish' || (part.type === 'text-delta' && part.text !== '')

/** A stream whose first content is there; until then, attempts are made unseen. */
function begin(services: AttemptServices, { adapter, call, plan }: Prepared): Promise<BegunStream> {
  return attempt(services, plan, async (scope) => {
    scope.patience.expect(plan.deployment.timeouts.firstPartMs, 'sent no content')
    const parts = adapter.stream(call, scope.connection)[Symbol.asyncIterator]()
    let first = await parts.next()
    while (!first.done && !shows(first.value)) first = await parts.next()
    scope.meter.firstPartAt = Date.now()
    return { ...scope, parts, first }
  })
}

export async function* streamText(
  services: AttemptServices,
  registry: Registry,
  input: GenerateText,
  caller: Caller,
): AsyncIterable<TextEvent> {
  const prepared = prepare(services, registry, input, caller)
  const { plan, substitutedFor } = prepared
  const { parts, first, meter, patience, number } = await begin(services, prepared)
  const { deployment } = plan
  let closed = false
  try {
    for (let next = first; !next.done; next = await parts.next()) {
      const part = next.value
      patience.expect(deployment.timeouts.stallMs, 'sent nothing more')
      if (part.type === 'text-delta') yield { content: part.text }
      else if (part.type === 'finish') {
        const cost = await succeeded(meter, part.usage, part.upstreamRequestId)
        closed = true
        yield {
          ...servedBy(deployment, caller, substitutedFor, number, part.usage, cost),
          content: '',
          finishReason: part.reason,
          rawFinishReason: part.raw,
        }
      }
    }
  } catch (thrown) {
    const error = toldToClient(TurnoutError.from(thrown), { deployment, paidOnAcceptance: false, committed: true })
    closed = true
    await failed(meter, error, {})
    yield { error: { code: error.code, message: error.message, requestId: caller.requestId } }
  } finally {
    patience.stop()
    if (!closed) await failed(meter, new TurnoutError('canceled', 'The reader left.'), {})
    await parts.return?.()
  }
}
