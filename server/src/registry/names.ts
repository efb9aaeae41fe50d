import { LAYERS, type Model } from '@turnout/contract'
import type { Problem } from './types.ts'

/**
 * What every name stands for: ids, then aliases, then `provider/id` and
 * `provider/upstreamId`, then all of these in lower case. Where two models
 * claim one name, the earlier kind wins, then the stronger layer.
 */
export function indexNames(models: readonly Model[]): { names: ReadonlyMap<string, Model>; problems: Problem[] } {
  const names = new Map<string, Model>()
  const problems: Problem[] = []
  const claim = (name: string, model: Model) => {
    if (!names.has(name)) names.set(name, model)
  }
  const strongestFirst = (rank: (model: Model) => number) => [...models].sort((a, b) => rank(b) - rank(a))
  const byLayer = strongestFirst((model) => LAYERS.indexOf(model.provenance.layer))

  for (const model of models) claim(model.id, model)
  for (const model of strongestFirst(aliasRank)) {
    for (const alias of model.aliases) {
      const holder = names.get(alias)
      claim(alias, model)
      if (holder && holder !== model) report(alias, model, holder, problems)
    }
  }
  for (const model of byLayer) claim(`${model.provider}/${model.id}`, model)
  for (const model of byLayer) claim(`${model.provider}/${model.upstreamId}`, model)
  for (const [name, model] of [...names]) claim(name.toLowerCase(), model)
  return { names, problems }
}

/** An alias that discovery gave takes only a name that is free. */
function aliasRank({ provenance }: Model): number {
  const layer = provenance.fields.aliases ?? provenance.layer
  return layer === 'discovered' ? -1 : LAYERS.indexOf(layer)
}

/** An alias that stands for another model is worth a word, unless nobody asked for it or a stronger layer took its name as an id. */
function report(alias: string, loser: Model, holder: Model, problems: Problem[]): void {
  const layer = loser.provenance.fields.aliases ?? loser.provenance.layer
  if (layer === 'discovered' || (holder.id === alias && layer === 'catalog')) return
  problems.push({
    layer,
    where: loser.id,
    message: `The alias "${alias}" is not used: it ${holder.id === alias ? 'is the id' : 'is also an alias'} of ${holder.id}.`,
  })
}
