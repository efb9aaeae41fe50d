import type { Accepted, Knock, ProviderDouble, Served } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { headerOf, schemeCredential } from '../http/credentials.ts'
import { freshId } from '../random.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { anthropicError, invalid, refuse, STREAM_ERROR, statusError } from './errors.ts'
import { WITHOUT_SAMPLING } from './fields.ts'
import { countMessageTokens, messages } from './messages.ts'
import { claudeModel, claudeModels, publicModel } from './models.ts'

const VERSIONS: readonly string[] = ['2023-01-01', '2023-06-01', WITHOUT_SAMPLING]

/** The key as a bearer, which newer SDKs send, or in a header of its own; the version header is as necessary. */
function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = headerOf(headers, 'x-api-key') || schemeCredential(headers, 'Bearer')
  if (!credential) throw anthropicError(401, 'x-api-key header is required')
  if (credentials && !credentials.has(credential)) throw anthropicError(401)
  const version = headerOf(headers, 'anthropic-version')
  if (!version) throw invalid('anthropic-version: header is required')
  if (!VERSIONS.includes(version)) {
    throw invalid(`anthropic-version: "${version}" is not a valid version`)
  }
}

function headers({ charge }: Served): Record<string, string> {
  const common = { 'request-id': freshId('req_01', 22), 'anthropic-organization-id': 'emulated' }
  if (!charge) return common
  return {
    ...common,
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:00Z',
    'anthropic-ratelimit-input-tokens-limit': '2000000',
    'anthropic-ratelimit-input-tokens-remaining': String(Math.max(0, 2_000_000 - (charge.inputTokens ?? 0))),
    'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:00Z',
  }
}

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** `GET /v1/models`, in pages of `limit` after the id `after_id`. */
function listModels({ query }: Call, world: World): Answer {
  const all = claudeModels(world).map(publicModel)
  const limit = Number(query.get('limit') ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw invalid('limit: Input should be between 1 and 1000')
  }
  const after = query.get('after_id')
  const from = after === null ? 0 : all.findIndex((model) => model.id === after) + 1
  const data = all.slice(from, from + limit)
  const page = {
    data,
    has_more: from + limit < all.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
  return { ...AT_ONCE, body: () => page }
}

/** `GET /v1/models/{id}` */
function retrieveModel({ params }: Call, world: World): Answer {
  const model = claudeModel(params.id ?? '', world)
  return { ...AT_ONCE, model: model.id, body: () => publicModel(model) }
}

const MAX_BYTES = 32 * 1024 * 1024
const BODY = { method: 'POST', accepts: ['application/json'], maxBytes: MAX_BYTES } as const

/** Source: Claude API reference, read November 2026; recorded answers for the order and fields of events. */
export const anthropic: ProviderDouble = {
  id: 'anthropic',
  mount: '/anthropic',
  routes: [
    { ...BODY, path: '/v1/messages', operation: 'anthropic.messages', handler: messages },
    { ...BODY, path: '/v1/messages/count_tokens', operation: 'anthropic.countTokens', handler: countMessageTokens },
    { method: 'GET', path: '/v1/models', operation: 'anthropic.models', accepts: [], handler: listModels },
    { method: 'GET', path: '/v1/models/{id}', operation: 'anthropic.model', accepts: [], handler: retrieveModel },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = STREAM_ERROR) => ({ part: 'end', event: 'error', data: { type: 'error', error } }),
  headers,
  withoutUsage: (data) => without(without(data, 'usage'), 'message', 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'stop_reason') as JsonObject,
}
