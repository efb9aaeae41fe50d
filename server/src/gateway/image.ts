import { setTimeout as wait } from 'node:timers/promises'
import type { GeneratedImage, GenerateImage } from '@turnout/contract'
import type { MediaOutcome } from '../core/media.ts'
import { TurnoutError } from '../core/error.ts'
import { fitImageSettings, pricedSettings } from '../core/image-settings.ts'
import type { Registry } from '../registry/types.ts'
import { type AttemptPlan, type AttemptServices, attempt, succeeded } from './attempts.ts'
import { servedBy } from './text.ts'
import type { Caller } from './types.ts'

export async function generateImage(
  services: AttemptServices,
  registry: Registry,
  input: GenerateImage,
  caller: Caller,
): Promise<GeneratedImage> {
  const { deployment, substitutedFor } = registry.snapshot.resolve(input.modelId)
  const { model, provider } = deployment
  const adapter = services.adapters.get(provider.adapter)?.image
  if (adapter === undefined || !model.output.includes('image')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make pictures; it makes ${model.output.join(' and ')}.`,
      {
        param: 'modelId',
      },
    )
  }
  const { size, mapped } = fitImageSettings(model, input)
  const plan: AttemptPlan = {
    requestId: caller.requestId,
    operation: 'image.generate',
    keyId: caller.principal.keyId,
    user: caller.principal.owner,
    streamed: false,
    settings: pricedSettings({ ...model.defaults, ...(size && { size: `${size.width}x${size.height}` }) }),
    deployment,
    signal: caller.signal,
    paidOnAcceptance: true,
  }
  const call = {
    model: deployment.upstreamId,
    prompt: input.prompt,
    negativePrompt: input.negativePrompt,
    size,
    guidanceScale: input.guidanceScale,
    steps: input.steps,
    count: input.count,
    seed: input.seed,
    defaults: model.defaults,
  }
  return attempt(services, plan, async ({ connection, patience, meter, number }): Promise<GeneratedImage> => {
    let outcome: MediaOutcome = await adapter.start(call, connection)
    while (outcome.status === 'pending') {
      await wait(outcome.pollAfterMs, undefined, { signal: patience.signal }).catch(() => {
        throw patience.signal.reason
      })
      outcome = await adapter.poll!(outcome.operation, connection)
    }
    patience.stop()
    const cost = await succeeded(meter, outcome.usage, outcome.upstreamRequestId)
    const served = servedBy(deployment, caller, substitutedFor, number, outcome.usage, cost)
    return {
      ...served,
      warnings: [...served.warnings, ...outcome.warnings],
      images: outcome.media.map(({ bytes, url, mediaType, revisedPrompt }) => ({
        ...(bytes
          ? { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
          : { url }),
        mediaType,
        revisedPrompt,
      })),
      mapped,
    }
  })
}
