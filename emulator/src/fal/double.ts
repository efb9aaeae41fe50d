import { randomUUID } from 'node:crypto'
import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { schemeCredential } from '../http/credentials.ts'
import { AT_ONCE } from '../media/answers.ts'
import { platformError, refuse, statusError } from './errors.ts'
import { type Queue, run } from './queue.ts'
import { queueRoutes } from './routes.ts'

/** The keys of the signatures of its webhooks, for everybody. */
const KEYS = '/.well-known/jwks.json'

function authenticate({ headers, url }: Knock, { credentials }: Accepted): void {
  if (url.endsWith(KEYS)) return
  const credential = schemeCredential(headers, 'Key')
  if (!credential) {
    throw platformError(401, 'Cannot access application. Authentication is required to access this application.')
  }
  if (credentials && !credentials.has(credential)) throw platformError(401, 'No user found for Key ID and Secret')
}

const QUEUE: Queue = { provider: 'fal', base: ({ base }) => base }

/** The queue stands at the mount, `https://fal.run` below `/run`. */
export const fal: ProviderDouble = {
  id: 'fal',
  mount: '/fal',
  routes: [
    {
      method: 'GET',
      path: KEYS,
      operation: 'fal.keys',
      accepts: [],
      handler: (_call, { callbacks }) => ({
        ...AT_ONCE,
        body: () => ({ keys: [{ ...callbacks.publicKey, use: 'sig', alg: 'EdDSA' }] }),
      }),
    },
    {
      method: 'POST',
      path: '/run/{endpoint+}',
      operation: 'fal.run',
      accepts: ['application/json'],
      handler: run(QUEUE),
    },
    ...queueRoutes('', QUEUE),
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { detail: 'Internal server error', error_type: 'internal_error' }) => ({
    part: 'end',
    data: error,
  }),
  headers: () => ({ 'x-fal-request-id': randomUUID() }),
  withoutUsage: (data) => data,
  withoutFinish: (data) => data,
}
