import { Configuration, type Modality, ModelId } from '@turnout/contract'
import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import { newId } from '../../lib/ids.ts'
import { CATALOG } from '../../registry/catalog/index.ts'
import { createSecretReader } from '../../registry/credentials.ts'
import { asFile, invalidConfiguration } from '../configuration.ts'
import { checkGiven } from '../input/check.ts'
import { LibraryRegistry } from '../registry.ts'
import { freshHealth, type LibraryServices, type Resolve } from '../services.ts'
import { namedModel, noModel, unknownModel, usualModel, WORDS } from './models.ts'
import { explicitProvider, isExplicit, readOptions, SECRET } from './options.ts'

/** One provider as the registry has it. */
function configured(registry: LibraryRegistry, provider: string, usual: string | undefined): Resolve {
  return ({ model: name }, kind) => {
    const { snapshot } = registry
    const model =
      name === undefined ? usualModel(snapshot, provider, usual, kind) : namedModel(snapshot, provider, name)
    if (model) return snapshot.route(model.id)
    throw name === undefined ? noModel(provider, kind) : unknownModel(provider, name)
  }
}

/** One provider by options alone. Models that the catalog does not have are taken to be there: the provider decides. */
function explicit(provider: string, options: ReturnType<typeof readOptions>): Resolve {
  const { configuration, secret, model: usual } = explicitProvider(provider, options)
  const registry = new LibraryRegistry({
    env: {},
    file: asFile(Configuration.parse({ providers: { [provider]: configuration }, discovery: false })),
    readSecret: createSecretReader({ [SECRET]: secret }, '.'),
    catalog: CATALOG.filter((record) => record.provider === provider),
  })
  const problems = registry.snapshot.problems.filter(({ layer }) => layer === 'file')
  if (problems.length > 0) throw invalidConfiguration(problems)
  const known = configured(registry, provider, usual)
  return (target, kind, identity) => {
    const name = target.model ?? usual
    if (name !== undefined) supply(registry, provider, name, kind)
    return known(target, kind, identity)
  }
}

/** Makes a model known that a call has named. @throws TurnoutError invalid_input for what can be no name */
function supply(registry: LibraryRegistry, provider: string, name: string, kind: Modality): void {
  const model = namedModel(registry.snapshot, provider, name)
  if (model === undefined) {
    registry.add({ id: checkModel(name), provider, upstreamId: name, output: [kind] })
  } else if (!model.enabled && model.lifecycle.status !== 'retired') {
    // The record describes what an account may have: who names it has it.
    registry.add({ id: model.id, enabled: true })
  } else {
    // An endpoint may do more than what it was first named for.
    const { output, ...added } = registry.added(model.id) ?? {}
    if (output && !output.includes(kind)) registry.add({ ...added, id: model.id, output: [...output, kind] })
  }
}

/** @throws TurnoutError invalid_input */
const checkModel = (model: string): string => checkGiven(z.object({ model: ModelId }), { model }, 'The call').model

/** How the calls that are bound to a provider are made. */
export interface Binding {
  services: LibraryServices
  resolve: Resolve
}

/** @throws TurnoutError invalid_input */
export function bindProvider(
  services: LibraryServices,
  registry: LibraryRegistry,
  name: string,
  given: unknown = {},
): Binding {
  const options = readOptions(name, given)
  // A credential of somebody's own that fails must not set the deployments of pools aside.
  if (isExplicit(options)) {
    const own = { ...services, ...freshHealth(), whose: newId('own') }
    return { services: own, resolve: explicit(name, options) }
  }
  const resolve: Resolve = (target, kind, identity) => {
    requireProvider(registry, name)
    return configured(registry, name, options.model)(target, kind, identity)
  }
  return { services, resolve }
}

/** @throws TurnoutError model_not_enabled */
function requireProvider({ snapshot }: LibraryRegistry, name: string): void {
  if (snapshot.providers.has(name)) return
  const example = snapshot.models.find(({ provider }) => provider === name)
  const why = example?.unavailable ?? `Configured are: ${[...snapshot.providers.keys()].join(', ') || 'none'}.`
  throw new TurnoutError('model_not_enabled', `Provider ${name} cannot be used. ${why}`, { provider: name })
}

const Preference = z.strictObject({
  preferred: z.array(z.string().min(1)).min(1),
  models: z.record(z.string(), z.string().min(1)).default({}),
})

/** Each call goes to the first provider that is configured and has such a model. @throws TurnoutError invalid_input */
export function bindPreferred(services: LibraryServices, registry: LibraryRegistry, given: object): Binding {
  const { preferred, models } = checkGiven(Preference, given, 'The preference')
  const resolve: Resolve = ({ model: name }, kind) => {
    const { snapshot } = registry
    const reasons: string[] = []
    for (const provider of preferred) {
      if (!snapshot.providers.has(provider)) {
        reasons.push(`${provider} is not configured`)
        continue
      }
      const model =
        name === undefined
          ? usualModel(snapshot, provider, models[provider], kind)
          : namedModel(snapshot, provider, name)
      if (model?.available && model.output.includes(kind)) return snapshot.route(model.id)
      const what = name === undefined ? `no model that makes ${WORDS[kind]}` : `no ${name} that makes ${WORDS[kind]}`
      reasons.push(`${provider} has ${what} and can be called`)
    }
    throw new TurnoutError('model_not_enabled', `None of the preferred providers can be used: ${reasons.join('; ')}.`, {
      param: 'preferred',
    })
  }
  return { services, resolve }
}
