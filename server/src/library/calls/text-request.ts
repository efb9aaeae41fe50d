import type { ChatRequest } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { fitChat } from '../../core/openai/chat-fit.ts'
import { readFormat } from '../../core/openai/chat-tools.ts'
import type { Route } from '../../core/route.ts'
import { chatNeeds } from '../../core/routing/chat-needs.ts'
import { fitWithoutPictures } from '../../core/routing/degrade.ts'
import { metadataOf } from '../../core/routing/needs.ts'
import { planOutput } from '../../core/structured/output.ts'
import type { Wanted } from '../../gateway/cache/values.ts'
import type { Leg } from '../../gateway/routing/chain.ts'
import type { Sought } from '../../gateway/routing/with-fallback.ts'
import { isHeld, type TextRequest, textRequest } from '../../gateway/text/request.ts'
import { type Judges, planValidation } from '../../gateway/validation/plan.ts'
import { newId } from '../../lib/ids.ts'
import type { GivenText } from '../input/text.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import { wantedOf } from './cached.ts'
import { chatRequest } from './chat.ts'

/** A call for text that has been checked and knows where it may go. */
export interface Asked {
  requestId: string
  route: Route
  sought: Sought
  judges: Judges
  /** What is asked of the cache. */
  wanted: Wanted | undefined
  /** @throws TurnoutError where the model does not take the request */
  prepare(leg: Leg): TextRequest
}

/** @throws TurnoutError */
export function ask(services: LibraryServices, resolve: Resolve, call: GivenText, streamed: boolean): Asked {
  const requestId = newId('req')
  const { session } = call
  const route = resolve(call, 'text', { requestId, user: call.user, session })
  const body = chatRequest(call, streamed)
  const user = call.user ?? null
  const routeOf = (model: string) => resolve({ model }, 'text', { requestId })
  const judges = planValidation(services, routeOf, {
    route,
    own: call.validate,
    field: 'validate',
    streamed,
    messages: body.messages,
    isJson: readFormat(body) !== undefined,
    whose: { requestId, keyId: null, user },
  })
  const { model: _, stream: __, ...asked } = body
  const asking = { api: 'text', body: { ...asked, metadata: call.metadata }, validate: call.validate, routeOf }
  return {
    judges,
    wanted: wantedOf(services, route, call, asking),
    requestId,
    route,
    sought: { route, session, requestId, needs: () => needsOf(body, call) },
    prepare({ deployment, loss, trail }) {
      const { model } = deployment
      if (!model.output.includes('text')) {
        throw new TurnoutError(
          'capability_missing',
          `Model ${model.id} does not make text; it makes ${model.output.join(' and ')}.`,
          { param: 'model' },
        )
      }
      const own: ChatRequest = { ...body, model: model.id }
      const fit = loss === 'vision' ? fitWithoutPictures(own, model) : fitChat(own, model)
      const output = planOutput(readFormat(own), model.capabilities)
      const metered = {
        requestId,
        operation: 'text.generate' as const,
        keyId: null,
        user,
        streamed,
        settings: {},
        trail,
      }
      const review = judges.before
      const held = streamed && isHeld(route, call.commit && { commit: call.commit }, review)
      return { ...textRequest(services.adapters, deployment, own, fit, output, metered), held, review }
    },
  }
}

const needsOf = (body: ChatRequest, { metadata, productType }: GivenText) =>
  chatNeeds(body, Buffer.byteLength(JSON.stringify(body)), metadataOf(metadata, productType))
