import { ModelId, ModelPatch, PoolConfiguration, RoleConfiguration, RouteName, Validation } from '@turnout/contract'
import { z } from 'zod'
import { validationProblems } from '../../core/validation/problems.ts'
import { slugOf } from '../catalog/lookup.ts'
import { PRESETS } from '../catalog/providers.ts'
import { type Environment, read } from '../environment/read.ts'
import { validate } from '../file/issues.ts'
import { GENERIC_PROVIDER } from '../generic.ts'
import type { Problem } from '../types.ts'
import { isPreset, ROUTING_PRESETS } from './preset.ts'
import type { RoutingLayer } from './types.ts'

type Report = (where: string, message: string) => void

const { members: Several, description: _, validate: __, experiment, ...SETTINGS } = PoolConfiguration.shape

/** One model or several, first choice first; each by its name, or as a member of a pool in turnout.yaml. */
const Members = z.union([ModelId.transform((name): z.input<typeof Several> => [name]).pipe(Several), Several])
type Members = z.infer<typeof Members>

/** Rules that cannot be used make the variable one that cannot be used. */
const Rules = Validation.superRefine((validation, context) => {
  for (const { path, message } of validationProblems(validation)) {
    context.addIssue({ code: 'custom', path: [...path], message })
  }
})

/**
 * A pool by itself, or one by product type beside `default`, what all answers
 * must fulfil, an experiment on the default pool, and whatever else holds for
 * all of these pools.
 */
const RolePools = z.preprocess(
  (value) => (typeof value === 'string' || Array.isArray(value) ? { default: value } : value),
  z
    .object({
      default: Members,
      validate: Rules.optional(),
      experiment,
      ...SETTINGS,
    })
    .catchall(Members),
)

/** `MODEL_POOLS`: roles with the models that may play them. */
const PoolsVariable = z.record(RouteName, RolePools)

/** What an entry says that a model can do, in the words that are in use. */
const Ability = z.enum(['text', 'vision', 'tools', 'json', 'structured_output', 'streaming', 'image', 'embedding'])

/** `MODEL_CATALOG`: models by the names that pools call them. */
const CatalogVariable = z.record(
  ModelId,
  z.strictObject({
    model: z.string().min(1),
    base_url: z.url({ protocol: /^https?$/ }).optional(),
    provider: z.string().min(1).optional(),
    api_key: z
      .string()
      .regex(/^(env:|file:)/, 'must be "env:NAME" or "file:PATH", never the secret itself')
      .optional(),
    capabilities: z.array(Ability).optional(),
    max_tokens: z.int().positive().optional(),
  }),
)
type CatalogEntry = z.infer<typeof CatalogVariable>[string]

/** The value of a variable that holds JSON; undefined where it is not set or not usable, which is reported. */
function readJson<T extends z.ZodType>(
  env: Environment,
  name: string,
  schema: T,
  report: Report,
): z.output<T> | undefined {
  const text = read(env, name)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    report(name, 'is not valid JSON. It is ignored.')
    return undefined
  }
  const checked = validate(schema, value)
  if (checked.ok) return checked.value
  for (const { path, message } of checked.issues)
    report([name, ...path.map(String)].join('.'), `${message}. The whole of ${name} is ignored.`)
  return undefined
}

/** A preset at whose own address a model is belongs to it, with its credential. */
function providerAt(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined
  const { origin } = new URL(baseUrl)
  const preset = PRESETS.find((each) => URL.parse(each.baseUrl)?.origin === origin)
  return preset?.id ?? GENERIC_PROVIDER
}

function patchOf(
  id: string,
  { model, base_url, provider, api_key, capabilities, max_tokens }: CatalogEntry,
): ModelPatch {
  const can = (ability: z.infer<typeof Ability>) => capabilities?.includes(ability)
  const output = can('embedding') ? 'embedding' : can('image') ? 'image' : 'text'
  return ModelPatch.parse({
    id,
    upstreamId: model,
    provider: provider ?? providerAt(base_url),
    baseUrl: base_url,
    credential: api_key,
    output: [output],
    ...(max_tokens !== undefined && { limits: { contextTokens: max_tokens } }),
    ...(capabilities && {
      input: can('vision') ? ['text', 'image'] : ['text'],
      capabilities: {
        vision: can('vision') ?? false,
        ...(can('tools') && { tools: true }),
        ...(can('json') && { jsonMode: true }),
        ...(can('structured_output') && { structuredOutput: true }),
        ...(can('streaming') && { streaming: true }),
      },
    }),
  })
}

/** Roles that have a variable of their own: `MODEL_CLASSIFIER` and so on. */
const ROLE_VARIABLES: ReadonlyMap<string, string> = new Map(
  Object.keys(ROUTING_PRESETS['site-builder'].roles).map((role) => [`MODEL_${role.toUpperCase()}`, role]),
)

const poolOf = (members: readonly string[]): PoolConfiguration => PoolConfiguration.parse({ members })

const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

export interface EnvironmentRouting {
  layer: RoutingLayer
  /** The entries of MODEL_CATALOG. */
  models: ModelPatch[]
  problems: Problem[]
}

/** What the environment says of routing. Never throws: what cannot be used is reported, and the rest loads. */
export function readRouting(env: Environment): EnvironmentRouting {
  const problems: Problem[] = []
  const report: Report = (where, message) => problems.push({ layer: 'environment', where, message })
  const pools: Record<string, PoolConfiguration> = {}
  const roles: Record<string, RoleConfiguration> = {}
  const preset = read(env, 'MODEL_PRESET')
  if (preset !== undefined && !isPreset(preset)) {
    report('MODEL_PRESET', `must be one of ${Object.keys(ROUTING_PRESETS).join(', ')}. It is ignored.`)
  } else if (preset) {
    Object.assign(pools, ROUTING_PRESETS[preset].pools)
    Object.assign(roles, ROUTING_PRESETS[preset].roles)
  }
  for (const [variable, role] of ROLE_VARIABLES) {
    const text = read(env, variable)
    if (text === undefined) continue
    const names = namesIn(text)
    if (names.length === 0) {
      report(variable, 'must name a model, or several with commas between them. It is ignored.')
      continue
    }
    pools[role] = poolOf(names)
    roles[role] = RoleConfiguration.parse({ pool: role })
  }
  const catalog = readJson(env, 'MODEL_CATALOG', CatalogVariable, report) ?? {}
  for (const [role, { default: members, validate, experiment, ...rest }] of Object.entries(
    readJson(env, 'MODEL_POOLS', PoolsVariable, report) ?? {},
  )) {
    const isSetting = ([name]: [string, unknown]) => name in SETTINGS
    const settings = Object.fromEntries(Object.entries(rest).filter(isSetting)) as Omit<PoolConfiguration, 'members'>
    pools[role] = { ...settings, members, ...(experiment && { experiment }) }
    const special: Record<string, string> = {}
    for (const [product, models] of Object.entries(rest).filter((each) => !isSetting(each))) {
      const name = `${role}.${slugOf(product) || product}`
      pools[name] = { ...settings, members: models as Members }
      special[product] = name
    }
    roles[role] = RoleConfiguration.parse({ pool: role, products: special, ...(validate && { validate }) })
  }
  const placed = Object.entries(catalog).map(([id, entry]) => patchOf(id, entry))
  const where = (path: readonly PropertyKey[]) => `environment ${path.map(String).join('.')}`
  return { layer: { layer: 'environment', pools, roles, where }, models: placed, problems }
}
