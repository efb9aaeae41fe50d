import type { Modality, Model } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { CATALOG } from '../../registry/catalog/index.ts'
import type { Snapshot } from '../../registry/types.ts'

const PLACES: ReadonlyMap<string, number> = new Map(CATALOG.map(({ id }, place) => [id, place]))

/** What a kind of model makes, in words. */
export const WORDS: Readonly<Record<Modality, string>> = {
  text: 'text',
  image: 'pictures',
  video: 'videos',
  audio: 'sound',
  embedding: 'embeddings',
}

/** Smaller is better: models of one's own, then those of the catalog in its order; what is about to retire comes last. */
function rank({ id, lifecycle }: Model): number {
  return (PLACES.get(id) ?? -1) + (lifecycle.status === 'active' ? 0 : PLACES.size)
}

/** The model of a provider that makes something, where nobody has named one. */
function firstModel({ models }: Snapshot, provider: string, kind: Modality): Model | undefined {
  // A model that makes pictures may write as well, but is not for that.
  const able = models.filter((model) => model.available && model.provider === provider && model.output[0] === kind)
  return able.reduce<Model | undefined>((best, model) => (best && rank(best) <= rank(model) ? best : model), undefined)
}

/** The model of a provider that has a name. */
export function namedModel(snapshot: Snapshot, provider: string, name: string): Model | undefined {
  const own = snapshot.find(`${provider}/${name}`) ?? snapshot.find(name)
  return own?.provider === provider ? own : undefined
}

/**
 * The model of a provider for a call that names none: the usual one, if that
 * makes what is asked for, else the first that does.
 *
 * @throws TurnoutError model_not_found where the provider has no such usual model
 */
export function usualModel(
  snapshot: Snapshot,
  provider: string,
  usual: string | undefined,
  kind: Modality,
): Model | undefined {
  if (usual === undefined) return firstModel(snapshot, provider, kind)
  const model = namedModel(snapshot, provider, usual)
  if (model === undefined) throw unknownModel(provider, usual)
  return model.output.includes(kind) ? model : firstModel(snapshot, provider, kind)
}

export const noModel = (provider: string, kind: Modality): TurnoutError =>
  new TurnoutError(
    'model_not_found',
    `No model of ${provider} that makes ${WORDS[kind]} is known and can be called: name one by model.`,
    { param: 'model', provider },
  )

export const unknownModel = (provider: string, name: string): TurnoutError =>
  new TurnoutError('model_not_found', `${provider} has no model ${JSON.stringify(name)} that is known.`, {
    param: 'model',
    provider,
  })
