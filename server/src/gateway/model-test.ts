import type { Modality, ModelTest, TestModel, Usage } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { choicesOf } from '../core/image/inputs.ts'
import { smallestSize } from '../core/image/size.ts'
import { formatDollars } from '../core/price.ts'
import type { Registry } from '../registry/types.ts'
import { embedWord } from './embed-word.ts'
import { toBase64 } from './media/outputs.ts'
import { type ImageOrder, type ImageServices, makeImages, orderImages } from './media/pictures.ts'
import { priceOf } from './metering.ts'
import type { TextServices } from './text/request.ts'
import { generateText } from './text.ts'
import type { Caller } from './types.ts'

export type ModelTestServices = TextServices & ImageServices

/** A call that is ready to be made, and what it can come to at most. */
interface Trial {
  kind: Modality
  usage: Usage
  settings?: Readonly<Record<string, string>>
  make(): Promise<{ cost: string | null; warnings: string[] }>
}

const WORD = 'ok'
const MAX_TOKENS = 16
/** The prompt in tokens, with what providers put around it. */
const PROMPT_TOKENS = 32
const dollars = (cost: bigint | null): string | null => (cost === null ? null : formatDollars(cost))

function textTrial(services: ModelTestServices, registry: Registry, modelId: string, caller: Caller): Trial {
  const input = { modelId, prompt: `Answer with the word ${WORD}.`, maxTokens: MAX_TOKENS, stream: false }
  return {
    kind: 'text',
    usage: { inputTokens: PROMPT_TOKENS, outputTokens: MAX_TOKENS, requests: 1 },
    make: () => generateText(services, registry, input, caller),
  }
}

function embeddingTrial(services: ModelTestServices, deployment: Deployment, caller: Caller): Trial {
  return {
    kind: 'embedding',
    usage: { inputTokens: 2, requests: 1 },
    make: async () => {
      const { cost, warnings } = await embedWord(services, deployment, caller, WORD)
      return { cost: dollars(cost), warnings }
    },
  }
}

/** The smallest picture of the lowest quality. @throws TurnoutError invalid_input where the model needs more than a prompt */
function cheapestPicture({ adapters }: ModelTestServices, deployment: Deployment, caller: Caller): ImageOrder {
  const { model } = deployment
  const quality = choicesOf(model.inputs, 'quality')?.includes('low') ? 'low' : undefined
  const request = { prompt: 'A grey square.', count: 1, quality, ...smallestSize(model.limits) }
  const { requestId, principal } = caller
  const metered = { requestId, operation: 'image.generate', keyId: principal.keyId, user: principal.owner } as const
  return orderImages(adapters, deployment, request, metered)
}

/** What is drawn where nothing is said of a size: about a megapixel. */
const USUAL_MEGAPIXELS = 1.05

function imageTrial(services: ModelTestServices, deployment: Deployment, caller: Caller): Trial {
  const order = cheapestPicture(services, deployment, caller)
  const { size } = order.fitted.settings
  const megapixels = size ? (size.width * size.height) / 1_000_000 : USUAL_MEGAPIXELS
  return {
    kind: 'image',
    usage: { images: 1, megapixels, requests: 1 },
    settings: order.metered.settings,
    make: async () => {
      const { cost, warnings } = await makeImages(services, order, { signal: caller.signal, sink: toBase64 })
      return { cost: dollars(cost), warnings }
    },
  }
}

/** The cheapest call that a model takes; a sentence where there is none. */
function trialOf(
  services: ModelTestServices,
  registry: Registry,
  deployment: Deployment,
  caller: Caller,
): Trial | { kind: Modality; obstacle: string } {
  const { model } = deployment
  const { output } = model
  if (output.includes('image')) {
    try {
      return imageTrial(services, deployment, caller)
    } catch (error) {
      if (!(error instanceof TurnoutError)) throw error
      return { kind: 'image', obstacle: `It takes more than a prompt to test it: ${error.message}` }
    }
  }
  if (output.includes('text')) return textTrial(services, registry, model.id, caller)
  if (output.includes('embedding')) return embeddingTrial(services, deployment, caller)
  const kind = output[0] ?? 'text'
  return {
    kind,
    obstacle: `A model that makes ${kind} is not tested this way: its work takes minutes and is paid for whole.`,
  }
}

/** The price of a trial in words. */
function priceInWords(deployment: Deployment, kind: Modality, estimate: bigint | null): string {
  if (deployment.provider.emulated) return 'The emulator answers it: nothing is paid.'
  if (deployment.provider.local) return 'It runs on a machine of your own: nothing is paid.'
  if (estimate !== null) return `The call costs at most about $${formatDollars(estimate)}.`
  if (deployment.prices === null) return 'What the call costs is not known: the model has no price.'
  return kind === 'image'
    ? 'What the call costs is not known beforehand: the model is paid by what it puts out.'
    : 'What the call costs is not known.'
}

/**
 * Makes the cheapest real call of a model, or says what it would cost: a call
 * that is paid for needs to be confirmed.
 *
 * @throws TurnoutError where there is no such model, or it cannot be called as configured
 */
export async function testModel(
  services: ModelTestServices,
  registry: Registry,
  name: string,
  { confirm }: TestModel,
  caller: Caller,
): Promise<ModelTest> {
  const { deployment } = registry.snapshot.resolve(name)
  const { model, provider } = deployment
  const trial = trialOf(services, registry, deployment, caller)
  const about = { model: model.id, provider: provider.id, kind: trial.kind }
  if ('obstacle' in trial) return { ...about, tested: false, estimate: null, note: trial.obstacle }
  const estimate = priceOf(deployment, trial.usage, trial.settings)
  const price = priceInWords(deployment, trial.kind, estimate)
  const told = { ...about, estimate: dollars(estimate) }
  if (!confirm && !provider.local && !provider.emulated) {
    return { ...told, tested: false, note: `${price} Send {"confirm": true} to make it.` }
  }
  const start = performance.now()
  const latency = () => Math.round(performance.now() - start)
  try {
    const { cost, warnings } = await trial.make()
    return { ...told, tested: true, note: price, ok: true, latencyMs: latency(), cost, warnings }
  } catch (thrown) {
    const { code, message } = TurnoutError.from(thrown)
    return { ...told, tested: true, note: price, ok: false, latencyMs: latency(), error: { code, message } }
  }
}
