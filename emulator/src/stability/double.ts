import { randomBytes } from 'node:crypto'
import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { AT_ONCE } from '../media/answers.ts'
import type { JsonObject } from '../types.ts'
import { refuse, stabilityError, statusError } from './errors.ts'
import { OPERATIONS } from './fields.ts'
import { makePicture } from './images.ts'

const MAX_BYTES = 10 * 1024 * 1024

function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (credential && (!credentials || credentials.has(credential))) return
  throw stabilityError(401, 'unauthorized', 'authorization: invalid or missing header value')
}

export const stability: ProviderDouble = {
  id: 'stability',
  mount: '/stability',
  routes: [
    ...OPERATIONS.map((operation) => ({
      method: 'POST' as const,
      path: `/v2beta/stable-image/${operation.path}`,
      operation: `stability.${operation.path.split('/')[1]}` as const,
      accepts: ['multipart/form-data'],
      maxBytes: MAX_BYTES,
      handler: makePicture(operation),
    })),
    {
      method: 'GET',
      path: '/v1/user/balance',
      operation: 'stability.balance',
      accepts: [],
      handler: () => ({ ...AT_ONCE, body: () => ({ credits: 420.5 }) }),
    },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { name: 'internal_error', errors: ['An unexpected server error has occurred.'] }) => ({
    part: 'end',
    data: { id: randomBytes(16).toString('hex'), ...error },
  }),
  headers: () => ({ 'x-request-id': randomBytes(16).toString('hex') }),
  withoutUsage: (data) => data,
  withoutFinish: (data) => without(data, 'finish_reason') as JsonObject,
}
