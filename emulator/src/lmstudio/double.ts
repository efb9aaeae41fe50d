import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { compatibleRoutes } from '../openai/compatible.ts'
import { badCredential, defaultError, refuse } from '../openai/errors.ts'
import type { Known } from '../openai/models.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'

const KNOWN: Known = {
  chat: { 'qwen/qwen3-8b': { contextTokens: 40_960 }, 'google/gemma-3-12b': { contextTokens: 131_072 } },
  embedding: { 'text-embedding-nomic-embed-text-v1.5': { dimensions: 768, shortens: false } },
}

/** The first model counts as loaded, the others load when they are asked. */
function describe(id: string, index: number, type: 'llm' | 'embedding', context: number): JsonObject {
  const [publisher = 'emulated'] = id.includes('/') ? id.split('/') : []
  return {
    type,
    publisher,
    key: id,
    display_name: id.split('/').at(-1),
    architecture: type === 'llm' ? 'qwen3' : 'nomic-bert',
    quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
    size_bytes: 5_030_000_000,
    params_string: '8B',
    loaded_instances: index === 0 ? [{ id, config: { context_length: 8192, flash_attention: true } }] : [],
    max_context_length: context,
    format: 'gguf',
    ...(type === 'llm' ? { capabilities: { vision: /gemma|vl/.test(id), trained_for_tool_use: true } } : {}),
  }
}

/** `GET /api/v1/models`: what is downloaded, loaded or not. Source: LM Studio documentation, REST API v1. */
function nativeModels(_call: Call, world: World): Answer {
  const chat = [
    ...Object.entries(KNOWN.chat ?? {}),
    ...world.moreModels.map((id) => [id, { contextTokens: 32_768 }] as const),
  ]
  const models = [
    ...chat.map(([id, own], index) => describe(id, index, 'llm', own.contextTokens ?? 32_768)),
    ...Object.keys(KNOWN.embedding ?? {}).map((id) => describe(id, 1, 'embedding', 2048)),
  ]
  return { streamed: false, firstDelayMs: 0, betweenDelayMs: 0, body: () => ({ models }) }
}

/** A local server asks for no credential; one that is sent must be right. */
function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (credential && credentials && !credentials.has(credential)) throw badCredential(credential)
}

export const lmstudio: ProviderDouble = {
  id: 'lmstudio',
  mount: '/lmstudio',
  routes: [
    ...compatibleRoutes('lmstudio', '/v1', KNOWN),
    { method: 'GET', path: '/api/v1/models', operation: 'lmstudio.nativeModels', accepts: [], handler: nativeModels },
  ],
  authenticate,
  refuse,
  statusError: defaultError,
  errorEvent: (error = { message: 'The model has crashed without additional information.' }) => ({
    part: 'end',
    event: 'error',
    data: { error },
  }),
  headers: () => ({ 'x-powered-by': 'Express' }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
