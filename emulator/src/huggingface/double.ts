import { randomUUID } from 'node:crypto'
import type { Accepted, Knock, ProviderDouble, Route } from '../double.ts'
import { refuse as refuseAsFal } from '../fal/errors.ts'
import { type Queue, run } from '../fal/queue.ts'
import { queueRoutes } from '../fal/routes.ts'
import { nulled, without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { inWords } from '../media/answers.ts'
import type { Handler, JsonObject } from '../types.ts'
import { CHAT_ROUTES } from './chat.ts'
import { refuse, statusError, unauthorized } from './errors.ts'
import { describeModel } from './hub.ts'
import { infer } from './inference.ts'
import { generate } from './routed.ts'

/** The router passes fal's answers on as they are: their URLs name fal, where the hub's credential means nothing. */
const FAL: Queue = { provider: 'huggingface', base: () => 'https://queue.fal.run', open: true }

const HUB = /^\/huggingface\/api\/models\//

/** The hub tells of its models without a credential; the router wants one. */
function authenticate({ headers, url }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (!credential && HUB.test(url)) return
  if (!credential || (credentials && !credentials.has(credential))) throw unauthorized()
}

/** Without `_subdomain=queue` the router calls fal's synchronous host. */
function falRoute(route: Route): Route {
  if (route.operation !== 'huggingface.submit') return route
  const direct = run(FAL)
  const handler: Handler = (call, world) =>
    (call.query.get('_subdomain') === 'queue' ? route.handler : direct)(call, world)
  return { ...route, handler: inWords(handler, refuseAsFal) }
}

const JSON_BODY = { method: 'POST', accepts: ['application/json'] } as const

export const huggingface: ProviderDouble = {
  id: 'huggingface',
  mount: '/huggingface',
  routes: [
    ...CHAT_ROUTES,
    { method: 'GET', path: '/api/models/{id+}', operation: 'huggingface.mapping', accepts: [], handler: describeModel },
    { ...JSON_BODY, path: '/hf-inference/models/{id+}', operation: 'huggingface.infer', handler: infer },
    ...queueRoutes('/fal-ai', FAL).map(falRoute),
    { ...JSON_BODY, path: '/{provider}/v1/images/generations', operation: 'huggingface.images', handler: generate },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { message: 'Internal Server Error' }) => ({
    part: 'end',
    data: { error: error.message ?? error },
  }),
  headers: () => ({ 'x-request-id': `Root=1-${randomUUID()}` }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
