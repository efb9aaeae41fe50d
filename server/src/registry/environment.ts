import { ModelId, ModelPatch } from '@turnout/contract'
import { findInCatalog, slugOf } from './catalog/lookup.ts'
import { PRESETS, type ProviderPreset } from './catalog/providers.ts'
import { createSecretReader, DEFAULT_CHAIN, describeVariables, isGiven } from './credentials.ts'
import { type Detection, detectProvider } from './detect.ts'
import { countModels } from './environment/count.ts'
import { type Environment, parseBaseUrl, read } from './environment/read.ts'
import type { Problem } from './types.ts'

/** A model that the variables MODEL_n_* name. */
export interface EnvironmentModel {
  /** The n of the variables, from 1. */
  index: number
  patch: ModelPatch
  /** How the provider was found, where neither a variable nor the catalog names it. */
  detection?: Detection
}

/** A provider that the environment configures. */
export interface ConfiguredPreset {
  preset: ProviderPreset
  /** A reference such as `env:NAME`, never the secret itself. */
  credential?: string
  /** Instead of the preset's, without a trailing slash. */
  baseUrl?: string
  region?: string
  /** What the adapter alone needs to know. */
  settings?: Record<string, string>
}

export interface EnvironmentSource {
  /** In the order of their index. */
  models: EnvironmentModel[]
  /** PROMPT_MODEL_INDEX, where it names a model that was loaded. */
  promptModelIndex: number | undefined
  problems: Problem[]
  /** Providers whose credential or base URL is set. */
  providers: ConfiguredPreset[]
}

type Report = (where: string, message: string) => void

const GENERIC = 'openai-compatible'
const PROVIDER_IDS: readonly string[] = [...PRESETS.map(({ id }) => id), GENERIC]

/** Where the credential of a provider stands, as a reference. */
function credentialOf(env: Environment, { credentials, ambient = [] }: ProviderPreset): string | undefined {
  const given = credentials.find((variables) => isGiven(env, variables))
  if (given !== undefined) return `env:${given}`
  return ambient.some((name) => read(env, name) !== undefined) ? DEFAULT_CHAIN : undefined
}

/** What a user may set to give a provider its credential. */
export const credentialVariables = ({ credentials }: ProviderPreset): string =>
  credentials.map(describeVariables).join(' or ')

function settingsOf(env: Environment, { settings = {} }: ProviderPreset): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, variables] of Object.entries(settings)) {
    const variable = variables.find((candidate) => read(env, candidate) !== undefined)
    if (variable !== undefined) found[name] = read(env, variable)!
  }
  return found
}

/** AWS tools read both; the newer SDKs only the first. */
const OLDER_REGION: Readonly<Record<string, string>> = { AWS_REGION: 'AWS_DEFAULT_REGION' }

function regionOf(env: Environment, { regionVariable, defaultRegion }: ProviderPreset): string | undefined {
  if (regionVariable === undefined) return defaultRegion
  return read(env, regionVariable) ?? read(env, OLDER_REGION[regionVariable] ?? '') ?? defaultRegion
}

function readProviders(env: Environment, report: Report): ConfiguredPreset[] {
  return PRESETS.flatMap((preset) => {
    const credential = credentialOf(env, preset)
    const url = parseBaseUrl(env, preset.baseUrlVariable)
    if (url.problem) report(preset.baseUrlVariable, `${url.problem} The usual ${preset.baseUrl} is used.`)
    if (credential === undefined && url.value === undefined) return []
    const region = regionOf(env, preset)
    const settings = settingsOf(env, preset)
    return {
      preset,
      ...(credential && { credential }),
      ...(Object.keys(settings).length > 0 && { settings }),
      ...(url.value && { baseUrl: url.value }),
      ...(region && { region }),
    }
  })
}

/** Where the upstream id says more than the name: it has Bedrock's form, or the name says nothing. */
function detect(name: string, upstreamId: string | undefined): Detection {
  const byName = detectProvider(name)
  if (upstreamId === undefined) return byName
  const byId = detectProvider(upstreamId)
  return byId.provider === 'bedrock' || byName.provider === GENERIC ? byId : byName
}

/** What a name says of what the model makes; a provider that only draws needs no such word. */
const OUTPUTS: readonly [RegExp, NonNullable<ModelPatch['output']>][] = [
  [/\bembed(?:ding)?\b/i, ['embedding']],
  [/\b(?:video|veo|sora|t2v|i2v)\b/i, ['video']],
  [/\b(?:image|imagen|dall.?e|canvas|diffusion|sdxl|flux|nano.?banana)\b/i, ['image']],
]

function outputOf(provider: string, name: string): ModelPatch['output'] {
  const said = OUTPUTS.find(([pattern]) => pattern.test(name))?.[1]
  return said ?? (['stability', 'bfl', 'recraft'].includes(provider) ? ['image'] : undefined)
}

interface Named {
  patch: ModelPatch
  provider: string
  detection?: Detection
}

/** The record that a name stands for: what it adds to the catalog's, or a new one. */
function identify(index: number, name: string, chosen: string | undefined, upstreamId: string | undefined): Named {
  const known = findInCatalog(name, chosen)
  if (known) {
    const aliases = known.aliases ?? []
    const spelledOtherwise = name !== known.id && !aliases.includes(name) && ModelId.safeParse(name).success
    const elsewhere = chosen !== undefined && chosen !== known.provider
    return {
      provider: chosen ?? known.provider ?? GENERIC,
      patch: {
        id: known.id,
        ...(spelledOtherwise && { aliases: [...aliases, name] }),
        ...(chosen && { provider: chosen }),
        ...(upstreamId && { upstreamId }),
        // Another provider than the catalog's has its own names, prices and dates.
        ...(elsewhere && { upstreamId: upstreamId ?? name, prices: null, lifecycle: { status: 'active' } }),
        ...(known.enabled === false && { enabled: true }),
      },
    }
  }
  const detection = chosen === undefined ? detect(name, upstreamId) : undefined
  const provider = chosen ?? detection?.provider ?? GENERIC
  const id = slugOf(name) || `model-${index}`
  const output = outputOf(provider, name)
  return {
    provider,
    detection,
    patch: {
      id,
      name,
      ...(name !== id && ModelId.safeParse(name).success && { aliases: [name] }),
      provider,
      upstreamId: upstreamId ?? name,
      ...(output && { output }),
    },
  }
}

/** What a provider lacks to be called at its usual address, or undefined. */
function missing(env: Environment, index: number, provider: string): string | undefined {
  if (provider === GENERIC) {
    return `set MODEL_${index}_BASE_URL to the server's address, or MODEL_${index}_PROVIDER to one of ${PROVIDER_IDS.join(', ')}.`
  }
  const preset = PRESETS.find(({ id }) => id === provider)
  if (!preset || preset.local || credentialOf(env, preset) || read(env, `MODEL_${index}_KEY`)) return undefined
  return `${preset.name} needs a credential: set MODEL_${index}_KEY or ${credentialVariables(preset)}.`
}

/** One model; undefined where it cannot be used, which is reported. */
function readModel(env: Environment, index: number, report: Report): EnvironmentModel | undefined {
  const variable = (field: string) => `MODEL_${index}_${field}`
  const name = read(env, variable('NAME'))
  if (name === undefined) return undefined
  const chosen = read(env, variable('PROVIDER'))?.toLowerCase()
  if (chosen !== undefined && !PROVIDER_IDS.includes(chosen)) {
    report(variable('PROVIDER'), `must be one of ${PROVIDER_IDS.join(', ')}. The model is skipped.`)
    return undefined
  }
  const url = parseBaseUrl(env, variable('BASE_URL'))
  if (url.problem) {
    report(variable('BASE_URL'), `${url.problem} The model is skipped.`)
    return undefined
  }
  const keyed = read(env, variable('KEY')) !== undefined
  const key = keyed ? createSecretReader(env, '.')(`env:${variable('KEY')}`) : undefined
  if (key?.ok === false) report(variable('KEY'), key.failure)
  const region = read(env, variable('REGION'))
  const { provider, patch, detection } = identify(index, name, chosen, read(env, variable('ID')))
  const checked = ModelPatch.safeParse({
    ...patch,
    ...(keyed && { credential: `env:${variable('KEY')}` }),
    // The provider's dates of retirement do not bind another server.
    ...(url.value && { baseUrl: url.value, lifecycle: { status: 'active' } }),
    ...(region && { region }),
  })
  if (!checked.success) {
    const issue = checked.error.issues[0]
    const field = { upstreamId: 'ID', region: 'REGION', baseUrl: 'BASE_URL' }[String(issue?.path[0])] ?? 'NAME'
    report(variable(field), `${issue?.message ?? 'is not valid'}. The model is skipped.`)
    return undefined
  }
  const lack = url.value ? undefined : missing(env, index, provider)
  if (lack) report(variable(provider === GENERIC ? 'BASE_URL' : 'KEY'), `is missing for "${patch.id}": ${lack}`)
  return { index, patch: checked.data, ...(detection && { detection }) }
}

function readPromptIndex(env: Environment, loaded: ReadonlySet<number>, highest: number, report: Report) {
  const value = read(env, 'PROMPT_MODEL_INDEX')
  if (value === undefined) return undefined
  const index = Number(value)
  if (!/^-?\d+$/.test(value)) report('PROMPT_MODEL_INDEX', 'must be an integer, the n of a MODEL_n_NAME.')
  else if (highest === 0) report('PROMPT_MODEL_INDEX', 'is out of range: there is no MODEL_n_NAME.')
  else if (index < 1 || index > highest) {
    report('PROMPT_MODEL_INDEX', `is out of range: it must be from 1 to ${highest}.`)
  } else if (!loaded.has(index)) report('PROMPT_MODEL_INDEX', `names model ${index}, which was not loaded.`)
  else return index
  return undefined
}

/**
 * The models and providers that environment variables configure. Never
 * throws: what cannot be used is reported as a problem, and the rest loads.
 */
export function readEnvironment(env: Environment): EnvironmentSource {
  const problems: Problem[] = []
  const report: Report = (where, message) => problems.push({ layer: 'environment', where, message })
  const models: EnvironmentModel[] = []
  const first = new Map<string, number>()
  const { indexes, highest } = countModels(env, report)
  for (const index of indexes) {
    const model = readModel(env, index, report)
    if (!model) continue
    const earlier = first.get(model.patch.id)
    if (earlier !== undefined) {
      report(`MODEL_${index}_NAME`, `names the same model as MODEL_${earlier}_NAME. The later one is skipped.`)
      continue
    }
    first.set(model.patch.id, index)
    models.push(model)
  }
  return {
    models,
    promptModelIndex: readPromptIndex(env, new Set(models.map(({ index }) => index)), highest, report),
    problems,
    providers: readProviders(env, report),
  }
}
