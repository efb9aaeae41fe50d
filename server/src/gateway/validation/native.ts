import type { ChatRequest, GenerateText } from '@turnout/contract'
import type { Route } from '../../core/route.ts'
import type { Registry } from '../../registry/types.ts'
import type { TextServices } from '../text/request.ts'
import type { Caller } from '../types.ts'
import { type Judges, planValidation } from './plan.ts'

/** What judges the answer to a request of the native API. @throws TurnoutError */
export const nativeValidation = (
  services: TextServices,
  registry: Registry,
  route: Route,
  { validate: own, stream }: GenerateText,
  messages: ChatRequest['messages'],
  { requestId, principal }: Caller,
): Judges =>
  planValidation(services, (name) => registry.snapshot.route(name), {
    route,
    own,
    field: 'validate',
    streamed: stream !== false,
    messages,
    isJson: false,
    whose: { requestId, keyId: principal.keyId, user: principal.owner },
  })
