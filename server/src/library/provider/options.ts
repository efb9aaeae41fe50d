import { ProviderConfiguration } from '@turnout/contract'
import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import { PRESETS, type ProviderPreset } from '../../registry/catalog/providers.ts'
import { checkGiven } from '../input/check.ts'

const Text = z.string().trim().min(1)
/** It becomes part of a header. */
const Secret = Text.regex(/^\P{Cc}*$/u, 'must not have line breaks or control characters')
/** One part of a credential that has several, parted by colons. */
const Part = Text.regex(/^[^\s:]+$/, 'must not have colons or white space')

const { headers, settings, flags, retry, timeouts, baseUrl, adapter, region } = ProviderConfiguration.shape

const COMMON = { model: Text.optional(), baseUrl, headers, settings, flags, retry, timeouts }
const AWS = {
  ...COMMON,
  region,
  credentials: z.strictObject({ accessKeyId: Part, secretAccessKey: Part, sessionToken: Part.optional() }).optional(),
}
const SCHEMAS = {
  bedrock: z.strictObject({ ...AWS, apiKey: Secret.optional() }),
  sagemaker: z.strictObject({ ...AWS, endpoint: Text.optional() }),
  vertex: z.strictObject({
    ...COMMON,
    region,
    project: Text.optional(),
    serviceAccount: z.union([Text, z.record(z.string(), z.unknown())]).optional(),
  }),
}
const KeyOptions = z.strictObject({ ...COMMON, apiKey: Secret.optional(), adapter })

/** The options of any provider; each has but some of them. */
const AnyOptions = z.object({
  ...KeyOptions.shape,
  ...SCHEMAS.bedrock.shape,
  ...SCHEMAS.sagemaker.shape,
  ...SCHEMAS.vertex.shape,
})
export type GivenOptions = z.output<typeof AnyOptions>

/** One provider as options configure it. */
export interface ExplicitProvider {
  configuration: ProviderConfiguration
  /** The secret itself; undefined where there is none, or where the provider's own library finds it. */
  secret: string | undefined
  /** The model of calls that name none. */
  model: string | undefined
}

const isSpecial = (name: string): name is keyof typeof SCHEMAS => Object.hasOwn(SCHEMAS, name)

/** @throws TurnoutError invalid_input by the name of the option */
export function readOptions(name: string, options: unknown): GivenOptions {
  return checkGiven(
    isSpecial(name) ? SCHEMAS[name] : KeyOptions,
    options,
    'The options of the provider',
  ) as GivenOptions
}

/** Whether the options say more than which model to use. */
export const isExplicit = (options: GivenOptions): boolean =>
  Object.entries(options).some(([name, value]) => name !== 'model' && value !== undefined)

/** In the forms that adapters know. */
function secretOf({ apiKey, credentials, serviceAccount }: GivenOptions): string | undefined {
  if (apiKey !== undefined && credentials !== undefined) {
    throw new TurnoutError('invalid_input', 'apiKey must not be given together with credentials.', { param: 'apiKey' })
  }
  if (credentials) {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])].join(':')
  }
  return apiKey ?? (typeof serviceAccount === 'object' ? JSON.stringify(serviceAccount) : serviceAccount)
}

/** @throws TurnoutError invalid_input */
function requireEnough(name: string, preset: ProviderPreset | undefined, options: GivenOptions): void {
  const { apiKey, baseUrl: address } = options
  const missing = (param: string, why: string) =>
    new TurnoutError('invalid_input', `${param} is required: ${why}.`, { param })
  if (preset === undefined && address === undefined) {
    throw missing('baseUrl', `${name} is none of the providers whose address is known`)
  }
  const needsKey = preset !== undefined && !preset.local && !isSpecial(name) && address === undefined
  if (needsKey && apiKey === undefined) throw missing('apiKey', `${preset.name} is called with one`)
}

/** The name by which the secret is known within the configuration. */
export const SECRET = 'SECRET'

/** @throws TurnoutError invalid_input by the name of the option */
export function explicitProvider(name: string, options: GivenOptions): ExplicitProvider {
  const preset = PRESETS.find(({ id }) => id === name)
  requireEnough(name, preset, options)
  const secret = secretOf(options)
  const { endpoint, model = endpoint, project } = options
  const credential = secret !== undefined ? `env:${SECRET}` : isSpecial(name) ? 'default' : undefined
  return {
    secret,
    model,
    configuration: {
      adapter: options.adapter,
      baseUrl: options.baseUrl,
      region: options.region,
      credential,
      headers: options.headers,
      flags: options.flags,
      settings: { ...(project !== undefined && { project }), ...options.settings },
      retry: options.retry,
      timeouts: options.timeouts,
    },
  }
}
