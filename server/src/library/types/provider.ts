import type { Flags, RetryPolicy, Timeouts } from '@turnout/contract'

/** What every provider may be told. Any of it makes the configuration explicit: nothing else is read for the provider. */
export interface CommonProviderOptions {
  /** The model of calls that name none, for what it makes. */
  model?: string
  /** Instead of the provider's own address. */
  baseUrl?: string
  /** For every request. */
  headers?: Readonly<Record<string, string>>
  /** What its adapter alone needs to know; see the guide to providers. */
  settings?: Readonly<Record<string, unknown>>
  /** How a server that speaks OpenAI's dialect departs from it. */
  flags?: Flags
  retry?: RetryPolicy
  timeouts?: Timeouts
}

/** Providers with one secret: `google`, `openai`, `anthropic`, ... and any server that speaks OpenAI's dialect. */
export interface KeyProviderOptions extends CommonProviderOptions {
  /** The provider's secret. */
  apiKey?: string
  /** Which protocol a server of your own speaks; `openai-compatible` unless said otherwise. */
  adapter?: string
}

/** The names of AWS's own SDKs. */
export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

interface AwsProviderOptions extends CommonProviderOptions {
  region?: string
  /** Absent: what AWS's own library finds. */
  credentials?: AwsCredentials
}

export interface BedrockOptions extends AwsProviderOptions {
  /** A Bedrock API key, instead of credentials. */
  apiKey?: string
}

export interface SageMakerOptions extends AwsProviderOptions {
  /** Name of the endpoint; the model of calls that name none. */
  endpoint?: string
}

export interface VertexOptions extends CommonProviderOptions {
  region?: string
  project?: string
  /** The JSON document of a service account's key, read or as text. Absent: what Google's own library finds. */
  serviceAccount?: string | Readonly<Record<string, unknown>>
}

interface SpecialProviders {
  bedrock: BedrockOptions
  sagemaker: SageMakerOptions
  vertex: VertexOptions
}

export type ProviderOptions<Name extends string> = Name extends keyof SpecialProviders
  ? SpecialProviders[Name]
  : KeyProviderOptions

/** Which provider somebody likes best. */
export interface ProviderPreference {
  /** Ids of providers, best first: each call goes to the first that is configured and has such a model. */
  preferred: readonly string[]
  /** By provider, the model of calls that name none, for what it makes. */
  models?: Readonly<Record<string, string>>
}
