import type { Accepted, Knock, ProviderDouble, Served } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { freshId } from '../random.ts'
import type { JsonObject, StreamEvent } from '../types.ts'
import { badCredential, defaultError, missingCredential, refuse } from './errors.ts'
import { ROUTES } from './routes.ts'

const REQUESTS_PER_MINUTE = 10_000
const TOKENS_PER_MINUTE = 2_000_000

const DEFAULT_STREAM_ERROR: JsonObject = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: null,
}

/** Headers of every answer of the API. */
function headers({ durationMs, charge }: Served): Record<string, string> {
  const common: Record<string, string> = {
    'x-request-id': `req_${freshId('', 32).toLowerCase()}`,
    'openai-processing-ms': String(Math.max(1, Math.round(durationMs))),
    'openai-version': '2020-10-01',
    'openai-organization': 'emulated',
  }
  if (!charge) return common
  const tokens = (charge.inputTokens ?? 0) + (charge.outputTokens ?? 0)
  return {
    ...common,
    'x-ratelimit-limit-requests': String(REQUESTS_PER_MINUTE),
    'x-ratelimit-limit-tokens': String(TOKENS_PER_MINUTE),
    'x-ratelimit-remaining-requests': String(REQUESTS_PER_MINUTE - 1),
    'x-ratelimit-remaining-tokens': String(Math.max(0, TOKENS_PER_MINUTE - tokens)),
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-reset-tokens': `${Math.ceil((tokens / TOKENS_PER_MINUTE) * 60_000)}ms`,
  }
}

/** Bearer authentication with OpenAI's answers. */
export function authenticate({ headers: given }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(given, 'Bearer')
  if (!credential) throw missingCredential()
  if (credentials && !credentials.has(credential)) throw badCredential(credential)
}

/** An error inside a stream, or as the body of a 200. */
export function errorEvent(error: JsonObject = DEFAULT_STREAM_ERROR): StreamEvent {
  return { part: 'end', data: { error } }
}

export const openai: ProviderDouble = {
  id: 'openai',
  mount: '/v1',
  routes: ROUTES,
  authenticate,
  refuse,
  statusError: defaultError,
  errorEvent,
  headers,
  withoutUsage: (data) => without(without(data, 'usage'), 'response', 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
