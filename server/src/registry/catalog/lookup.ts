import type { ModelPatch } from '@turnout/contract'
import { CATALOG } from './index.ts'

/**
 * A name as an id: lower case, every run of other characters than letters,
 * digits, `.`, `:`, `/`, `_` and `-` as one hyphen. Empty where nothing is left.
 */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.:/_-]+/gu, '-')
    .replace(/^-+|-+$/g, '')
  return /[\p{L}\p{N}]/u.test(slug) ? slug : ''
}

/** Ids before aliases before upstream ids: the first record that claims a name has it. */
function indexOf(models: readonly ModelPatch[]): ReadonlyMap<string, ModelPatch> {
  const index = new Map<string, ModelPatch>()
  const claim = (name: string, model: ModelPatch) => {
    const key = name.toLowerCase()
    if (!index.has(key)) index.set(key, model)
  }
  for (const model of models) claim(model.id, model)
  for (const model of models) if (model.provider) claim(`${model.provider}/${model.id}`, model)
  for (const model of models) for (const alias of model.aliases ?? []) claim(alias, model)
  for (const model of models) if (model.upstreamId) claim(model.upstreamId, model)
  return index
}

const ALL = indexOf(CATALOG)

const BY_PROVIDER: ReadonlyMap<string, ReadonlyMap<string, ModelPatch>> = new Map(
  [...Map.groupBy(CATALOG, (model) => model.provider ?? '')].map(([provider, models]) => [provider, indexOf(models)]),
)

/**
 * The catalog's record for a name, its slug, an alias or an upstream id, in any
 * case of letters. With a provider, that provider's own record comes first.
 */
export function findInCatalog(name: string, provider?: string): ModelPatch | undefined {
  const own = provider === undefined ? undefined : BY_PROVIDER.get(provider)
  const keys = [name.trim().toLowerCase(), slugOf(name)].filter((key) => key !== '')
  for (const index of own ? [own, ALL] : [ALL]) {
    for (const key of keys) {
      const model = index.get(key) ?? (index === own ? index.get(`${provider}/${key}`) : undefined)
      if (model) return model
    }
  }
  return undefined
}
