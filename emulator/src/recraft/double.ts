import { randomUUID } from 'node:crypto'
import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { AT_ONCE } from '../media/answers.ts'
import type { Answer, JsonObject } from '../types.ts'
import { MODELS } from './enums.ts'
import { refuse, statusError, unauthorized } from './errors.ts'
import { OPERATIONS } from './fields.ts'
import { makePictures } from './images.ts'
import { creditsOf } from './models.ts'

function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (!credential || (credentials && !credentials.has(credential))) throw unauthorized()
}

/** `GET /v1/models`: those of Recraft, with dollars as text. */
function listModels(): Answer {
  const data = MODELS.filter((id) => id.startsWith('recraftv')).map((id) => ({
    id,
    name: id.replaceAll('_', ' '),
    created: 1_767_225_600,
    input_modalities: ['text', 'image'],
    output_modalities: ['image'],
    pricing: { image: String(creditsOf(id, id.endsWith('_vector')) / 1000) },
  }))
  return { ...AT_ONCE, body: () => ({ data }) }
}

export const recraft: ProviderDouble = {
  id: 'recraft',
  mount: '/recraft',
  routes: [
    ...OPERATIONS.map((operation) => ({
      method: 'POST' as const,
      path: `/v1/images/${operation.path}`,
      operation: `recraft.${operation.path}` as const,
      accepts: ['application/json', 'multipart/form-data'],
      handler: makePictures(operation),
    })),
    { method: 'GET', path: '/v1/models', operation: 'recraft.models', accepts: [], handler: listModels },
    {
      method: 'GET',
      path: '/v1/users/me',
      operation: 'recraft.user',
      accepts: [],
      handler: () => ({ ...AT_ONCE, body: () => ({ id: randomUUID(), name: 'Emulated', credits: 10_000 }) }),
    },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { code: 'internal_error', message: 'internal error' }) => ({ part: 'end', data: error }),
  headers: () => ({ 'x-request-id': randomUUID() }),
  withoutUsage: (data) => without(data, 'credits') as JsonObject,
  withoutFinish: (data) => data,
}
