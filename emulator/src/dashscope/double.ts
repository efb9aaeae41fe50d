import { randomUUID } from 'node:crypto'
import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import type { JsonObject } from '../types.ts'
import { CHAT_ROUTES } from './chat.ts'
import { compatibleError, nativeError, refuse, statusError } from './errors.ts'
import { generate } from './images.ts'
import { cancel, poll, submitImage, submitVideo } from './tasks.ts'

function authenticate({ headers, url }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (credential && (!credentials || credentials.has(credential))) return
  if (!url.startsWith('/dashscope/compatible-mode/')) {
    throw nativeError(401, 'InvalidApiKey', credential ? 'Invalid API-key provided.' : 'No API-key provided.')
  }
  const message = 'Incorrect API key provided. For details, see the documentation of Model Studio.'
  throw compatibleError(401, { message, type: 'invalid_request_error', code: 'invalid_api_key' })
}

const SERVICES = '/api/v1/services/aigc'
const JSON_BODY = { method: 'POST', accepts: ['application/json'] } as const

export const dashscope: ProviderDouble = {
  id: 'dashscope',
  mount: '/dashscope',
  routes: [
    ...CHAT_ROUTES,
    {
      ...JSON_BODY,
      path: `${SERVICES}/multimodal-generation/generation`,
      operation: 'dashscope.generate',
      handler: generate,
    },
    {
      ...JSON_BODY,
      path: `${SERVICES}/text2image/image-synthesis`,
      operation: 'dashscope.submitImage',
      handler: submitImage,
    },
    {
      ...JSON_BODY,
      path: `${SERVICES}/video-generation/video-synthesis`,
      operation: 'dashscope.submitVideo',
      handler: submitVideo,
    },
    {
      ...JSON_BODY,
      path: `${SERVICES}/image2video/video-synthesis`,
      operation: 'dashscope.submitVideo',
      handler: submitVideo,
    },
    { method: 'GET', path: '/api/v1/tasks/{id}', operation: 'dashscope.poll', accepts: [], handler: poll },
    { method: 'POST', path: '/api/v1/tasks/{id}/cancel', operation: 'dashscope.cancel', accepts: [], handler: cancel },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { code: 'InternalError', message: 'An internal error has occurred.' }) => ({
    part: 'end',
    data: { request_id: randomUUID(), ...error },
  }),
  headers: () => ({ 'x-request-id': randomUUID() }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
