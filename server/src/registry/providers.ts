import type { Flags, ProviderConfiguration, RetryPolicy, Timeouts } from '@turnout/contract'
import type { ProviderPreset } from './catalog/providers.ts'
import { DEFAULT_CHAIN, isReference, type SecretReader } from './credentials.ts'
import { type ConfiguredPreset, credentialVariables } from './environment.ts'
import type { ParsedFile } from './file/parse.ts'
import { GENERIC_PROVIDER } from './generic.ts'
import type { Problem } from './types.ts'

/** Where the emulator stands in for a provider. */
export interface Emulation {
  /** Instead of the provider's host, without a trailing slash. */
  root: string
  credential: string
  /** What the adapter cannot do without. */
  settings: Readonly<Record<string, unknown>>
}

/** A provider with everything that presets, environment and file say of it, before it is known whether that is enough. */
export interface ProviderSetup {
  id: string
  name: string
  adapter: string
  /** May contain `{region}`. */
  baseUrl: string | undefined
  /** The user has given the address, in the environment or the file. */
  movedByUser: boolean
  region: string | undefined
  /** The secret itself. */
  credential: string | undefined
  headers: Readonly<Record<string, string>>
  flags: Flags
  /** What its adapter alone needs to know. */
  settings: Readonly<Record<string, unknown>>
  local: boolean
  maxConnections: number
  maxJobs?: number | undefined
  retry: RetryPolicy
  /** What suits the provider, where the user has said nothing. */
  presetTimeouts: Timeouts
  timeouts: Timeouts
  /** Somebody configured it, or it was found on this machine. */
  configured: boolean
  /** Why it cannot be called as configured, and what to do about it. */
  obstacle: string | undefined
  /** The user has switched it off: no model may use it, whatever it brings along. */
  disabled: boolean
  emulation: Emulation | undefined
}

export interface ProviderInputs {
  presets: readonly ProviderPreset[]
  environment: readonly ConfiguredPreset[]
  file: ParsedFile
  /** Ids of the local engines that answer. */
  discovered: ReadonlySet<string>
  emulated: ReadonlyMap<string, Emulation> | undefined
  readSecret: SecretReader
}

/** As for hosted presets: providers bound concurrency themselves. */
const MAX_CONNECTIONS = 8192

/** Every provider that can be named, by id. */
export function setUpProviders(inputs: ProviderInputs): { setups: Map<string, ProviderSetup>; problems: Problem[] } {
  const problems: Problem[] = []
  const presets = new Map(inputs.presets.map((preset) => [preset.id, preset]))
  const environment = new Map(inputs.environment.map((entry) => [entry.preset.id, entry]))
  const configured = inputs.file.configuration.providers
  const ids = new Set([...presets.keys(), GENERIC_PROVIDER, ...Object.keys(configured)])
  const setups = new Map<string, ProviderSetup>()
  for (const id of ids) {
    setups.set(id, setUp(id, presets.get(id), environment.get(id), configured[id], inputs, problems))
  }
  return { setups, problems }
}

function setUp(
  id: string,
  preset: ProviderPreset | undefined,
  environment: ConfiguredPreset | undefined,
  file: ProviderConfiguration | undefined,
  inputs: ProviderInputs,
  problems: Problem[],
): ProviderSetup {
  const name = preset?.name ?? id
  const secrets = readSecrets(id, environment, file, inputs, problems)
  const local = file?.local ?? preset?.local ?? false
  // A server that was given by its address alone may well need no credential.
  const open = local || !preset || (environment?.baseUrl ?? file?.baseUrl) !== undefined
  const lacking = open || secrets.credential !== undefined || secrets.ambient ? undefined : howToConfigure(preset)
  const emulation = inputs.emulated?.get(id)
  return {
    id,
    name,
    adapter: file?.adapter ?? preset?.adapter ?? GENERIC_PROVIDER,
    baseUrl: file?.baseUrl ?? environment?.baseUrl ?? preset?.baseUrl,
    movedByUser: (file?.baseUrl ?? environment?.baseUrl) !== undefined,
    region: file?.region ?? environment?.region ?? preset?.defaultRegion,
    credential: secrets.credential,
    headers: secrets.headers,
    flags: { ...preset?.flags, ...file?.flags },
    settings: { ...environment?.settings, ...file?.settings },
    local,
    maxConnections: file?.maxConnections ?? preset?.maxConnections ?? MAX_CONNECTIONS,
    maxJobs: file?.maxJobs,
    retry: file?.retry ?? {},
    presetTimeouts: preset?.timeouts ?? {},
    timeouts: file?.timeouts ?? {},
    configured: environment !== undefined || file !== undefined || inputs.discovered.has(id) || emulation !== undefined,
    obstacle: secrets.failure === undefined ? lacking : `Provider ${id} is not usable: ${secrets.failure}`,
    disabled: file?.enabled === false,
    emulation,
  }
}

const howToConfigure = (preset: ProviderPreset): string =>
  `${preset.name} is not configured: set ${credentialVariables(preset)}, or providers.${preset.id}.credential in turnout.yaml.`

/** The credential and headers of a provider; what cannot be read is a problem, and the first of them the failure. */
function readSecrets(
  id: string,
  environment: ConfiguredPreset | undefined,
  file: ProviderConfiguration | undefined,
  inputs: ProviderInputs,
  problems: Problem[],
) {
  let failure: string | undefined
  const read = (ref: string, layer: Problem['layer'], where: string): string | undefined => {
    const secret = inputs.readSecret(ref)
    if (secret.ok) return secret.value
    problems.push({ layer, where, message: secret.failure })
    failure ??= secret.failure
    return undefined
  }
  const inFile = (...field: string[]) => inputs.file.where(['providers', id, ...field])
  const ref = file?.credential ?? environment?.credential
  const where = file?.credential ? inFile('credential') : (ref ?? '').replace(/^env:/, '')
  const credential = ref && read(ref, file?.credential ? 'file' : 'environment', where)
  const headers: Record<string, string> = {}
  for (const [header, value] of Object.entries(file?.headers ?? {})) {
    const text = isReference(value) ? read(value, 'file', inFile('headers', header)) : value
    if (text !== undefined) headers[header] = text
  }
  return { credential, ambient: ref === DEFAULT_CHAIN, headers, failure }
}
