import { awsError, invalid } from '../aws/errors.ts'
import { readSignature } from '../aws/signature.ts'
import type { Call, JsonObject, World } from '../types.ts'

export type Kind = 'text' | 'stability' | 'nova-canvas' | 'titan-embed'

export interface BedrockModel {
  /** The id without a geography in front. */
  id: string
  kind: Kind
  /** Is only reached through an inference profile such as `us.…`. */
  profileOnly: boolean
  /** Has profiles at all. */
  profiles: boolean
  /** The regions that have it; any where the list is empty. */
  regions: readonly string[]
  contextTokens: number
  /** Thinks with `additionalModelRequestFields.thinking`. */
  thinks: boolean
  legacy: boolean
}

const BASE: Omit<BedrockModel, 'id'> = {
  kind: 'text',
  profileOnly: false,
  profiles: false,
  regions: [],
  contextTokens: 200_000,
  thinks: false,
  legacy: false,
}
const CLAUDE = { profileOnly: true, profiles: true, thinks: true }
const STABILITY: Partial<BedrockModel> = { kind: 'stability', regions: ['us-west-2'] }

/** Source: Amazon Bedrock user guide, supported models, inference profiles and lifecycle, November 2026. */
const KNOWN: Readonly<Record<string, Partial<BedrockModel>>> = {
  'anthropic.claude-sonnet-4-5-20250929-v1:0': CLAUDE,
  'anthropic.claude-sonnet-4-6': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-sonnet-5': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-opus-4-5-20251101-v1:0': CLAUDE,
  'anthropic.claude-opus-4-6-v1': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-opus-4-7': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-opus-4-8': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-opus-5-5': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-opus-5': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-fable-5-1': { ...CLAUDE, contextTokens: 1_000_000 },
  'anthropic.claude-haiku-4-5-20251001-v1:0': CLAUDE,
  'amazon.nova-2-lite-v1:0': { profileOnly: true, profiles: true, contextTokens: 1_000_000 },
  'amazon.nova-premier-v1:0': { profiles: true, contextTokens: 1_000_000 },
  'amazon.nova-pro-v1:0': { profiles: true, contextTokens: 300_000 },
  'amazon.nova-lite-v1:0': { profiles: true, contextTokens: 300_000 },
  'amazon.nova-micro-v1:0': { profiles: true, contextTokens: 128_000 },
  'openai.gpt-oss-120b-1:0': { contextTokens: 128_000 },
  'qwen.qwen3-235b-a22b-2507-v1:0': { contextTokens: 262_144 },
  'amazon.titan-embed-text-v2:0': { kind: 'titan-embed', contextTokens: 8192 },
  'stability.sd3-5-large-v1:0': STABILITY,
  'stability.stable-image-core-v1:1': STABILITY,
  'stability.stable-image-ultra-v1:1': STABILITY,
  'amazon.nova-canvas-v1:0': {
    kind: 'nova-canvas',
    regions: ['us-east-1', 'eu-west-1', 'ap-northeast-1'],
    legacy: true,
  },
}

const GEOGRAPHY = /^(us|eu|jp|au|apac|global)\.(?=[a-z0-9-]+\.)/

function kindOf(id: string): Kind {
  if (id.startsWith('stability.')) return 'stability'
  if (id.includes('nova-canvas')) return 'nova-canvas'
  return id.includes('embed') ? 'titan-embed' : 'text'
}

export function bedrockModels(world: World): BedrockModel[] {
  const known = Object.entries(KNOWN).map(([id, own]) => ({ ...BASE, ...own, id }))
  const more = world.moreModels.map((id) => ({
    ...BASE,
    profiles: true,
    kind: kindOf(id),
    id: id.replace(GEOGRAPHY, ''),
  }))
  return [...known, ...more.filter(({ id }) => !Object.hasOwn(KNOWN, id))]
}

/**
 * The model that a path names, by its id, profile or ARN. The region is the one that
 * the request was signed for; a bearer credential does not tell it.
 *
 * @throws Refusal
 */
export function bedrockModel({ params, headers }: Call, world: World): BedrockModel {
  const asked = (params.id ?? '').split('/').at(-1) ?? ''
  const model = bedrockModels(world).find(({ id }) => id === asked.replace(GEOGRAPHY, ''))
  const profile = GEOGRAPHY.test(asked)
  const region = readSignature(headers.authorization)?.region
  const elsewhere = region !== undefined && model && model.regions.length > 0 && !model.regions.includes(region)
  if (!model || elsewhere || (profile && !model.profiles)) throw invalid('The provided model identifier is invalid.')
  if (model.profileOnly && !profile) {
    throw invalid(
      `Invocation of model ID ${asked} with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    )
  }
  return model
}

/** A model as the control plane shows it. */
export function publicModel(model: BedrockModel): JsonObject {
  const [provider = ''] = model.id.split('.')
  return {
    modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${model.id}`,
    modelId: model.id,
    modelName: model.id,
    providerName: provider,
    inputModalities: model.kind === 'titan-embed' ? ['TEXT'] : ['TEXT', 'IMAGE'],
    outputModalities: [model.kind === 'text' ? 'TEXT' : model.kind === 'titan-embed' ? 'EMBEDDING' : 'IMAGE'],
    responseStreamingSupported: model.kind === 'text',
    customizationsSupported: [],
    inferenceTypesSupported: [model.profileOnly ? 'INFERENCE_PROFILE' : 'ON_DEMAND'],
    modelLifecycle: { status: model.legacy ? 'LEGACY' : 'ACTIVE' },
  }
}

/** @throws Refusal 404 */
export function describedModel({ params }: Call, world: World): BedrockModel {
  const model = bedrockModels(world).find(({ id }) => id === params.id)
  if (!model)
    throw awsError(
      404,
      'ResourceNotFoundException',
      `Could not resolve the foundation model from the provided model identifier.`,
    )
  return model
}
