import type { Model, Usage } from '@turnout/contract'
import { costOf, preparePrices } from '../../server/src/core/price.ts'

/** What is tried of a provider. Videos are not: they take minutes and are paid for whole. */
export const OPERATIONS = ['text', 'image', 'embedding'] as const
export type LiveOperation = (typeof OPERATIONS)[number]

/** About what the smallest call of an operation uses, so that prices of different units can be compared. */
const USAGE: Readonly<Record<LiveOperation, Usage>> = {
  text: { inputTokens: 32, outputTokens: 16, requests: 1 },
  image: { inputTokens: 32, outputTokens: 1_100, imageOutputTokens: 1_100, images: 1, megapixels: 1.05, requests: 1 },
  embedding: { inputTokens: 2, requests: 1 },
}

/** A model that draws is tried by drawing, whatever it says beside that. */
function operationOf({ output }: Model): LiveOperation | undefined {
  if (output.includes('image')) return 'image'
  return OPERATIONS.find((operation) => (output as string[]).includes(operation))
}

/** Whether a prompt is all that it needs. */
function takesPromptAlone({ inputs, defaults }: Model): boolean {
  const required = Array.isArray(inputs?.required) ? (inputs.required as string[]) : []
  return required.every((name) => name === 'prompt' || Object.hasOwn(defaults, name))
}

const costOfSmallest = (model: Model, operation: LiveOperation): bigint | null =>
  model.prices === null ? null : costOf(preparePrices(model.prices), USAGE[operation])

/** The cheapest of the models with a known price, else the first one. */
function cheapest(models: readonly Model[], operation: LiveOperation): Model | undefined {
  let best: { model: Model; cost: bigint } | undefined
  for (const model of models) {
    const cost = costOfSmallest(model, operation)
    if (cost !== null && (best === undefined || cost < best.cost)) best = { model, cost }
  }
  return best?.model ?? models[0]
}

/** One model of a provider for each operation that it has, among those that can be called and will stay. */
export function chooseModels(models: readonly Model[], provider: string): Map<LiveOperation, Model> {
  const candidates = models.filter(
    (model) =>
      model.provider === provider && model.available && model.lifecycle.status === 'active' && takesPromptAlone(model),
  )
  const chosen = new Map<LiveOperation, Model>()
  for (const operation of OPERATIONS) {
    const model = cheapest(
      candidates.filter((candidate) => operationOf(candidate) === operation),
      operation,
    )
    if (model) chosen.set(operation, model)
  }
  return chosen
}
