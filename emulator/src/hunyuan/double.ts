import { randomUUID } from 'node:crypto'
import type { ProviderDouble } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { inWords } from '../media/answers.ts'
import { compatibleRoutes } from '../openai/compatible.ts'
import { inDialect } from '../openai/dialect.ts'
import type { Known } from '../openai/models.ts'
import type { JsonObject } from '../types.ts'
import { authenticate } from './authenticate.ts'
import { drawLite, queryDrawing, submitDrawing } from './bearer.ts'
import { refuse, refuseSigned, reword, statusError } from './errors.ts'
import { act } from './signed.ts'

const CHAT: Known = {
  chat: {
    'hunyuan-turbos-latest': { contextTokens: 32_768 },
    'hunyuan-t1-latest': { contextTokens: 65_536 },
    'hy3-preview': { contextTokens: 262_144 },
  },
  embedding: { 'hunyuan-embedding': { dimensions: 1024, shortens: false } },
}

const JSON_BODY = { method: 'POST', accepts: ['application/json'] } as const
const SIGNED = { ...JSON_BODY, operation: 'hunyuan.signed', handler: inWords(act, refuseSigned) } as const

export const hunyuan: ProviderDouble = {
  id: 'hunyuan',
  mount: '/hunyuan',
  routes: [
    { ...SIGNED, path: '' },
    { ...SIGNED, path: '/' },
    ...inDialect(compatibleRoutes('hunyuan', '/v1', CHAT), {
      reword,
      errorEvent: (error = { message: 'Internal error.', type: 'server_error', code: 'InternalError' }) => ({
        part: 'end',
        data: { error },
      }),
    }),
    { ...JSON_BODY, path: '/v1/api/image/lite', operation: 'hunyuan.lite', handler: drawLite },
    { ...JSON_BODY, path: '/v1/aiart/submit', operation: 'hunyuan.submit', handler: submitDrawing },
    { ...JSON_BODY, path: '/v1/aiart/query', operation: 'hunyuan.poll', handler: queryDrawing },
  ],
  authenticate,
  refuse,
  statusError,
  // What is wrong with a 200: the signed API says everything that way.
  errorEvent: (error = { Code: 'InternalError', Message: 'Internal error.' }) => ({
    part: 'end',
    data: { Response: { Error: error, RequestId: randomUUID() } },
  }),
  headers: () => ({ 'x-request-id': randomUUID() }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
