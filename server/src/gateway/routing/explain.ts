import {
  ChatRequest,
  EmbeddingsRequest,
  type ExplainRoute,
  ImagesRequest,
  type RouteExplanation,
} from '@turnout/contract'
import { check } from '../../core/input.ts'
import type { Route } from '../../core/route.ts'
import { chatNeeds } from '../../core/routing/chat-needs.ts'
import { imageNeeds } from '../../core/routing/image-needs.ts'
import { estimateTokens, metadataOf, type Needs } from '../../core/routing/needs.ts'
import type { Chosen } from '../../core/routing/select.ts'
import { isBySession } from '../../core/routing/strategies.ts'
import type { Registry } from '../../registry/types.ts'
import type { Caller } from '../types.ts'
import { dateOf, statusOf } from './report.ts'
import { isSole, type Router } from './router.ts'

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '')

/** Who wants to know: the variant of an experiment may depend on it. */
export type ExplainCaller = Pick<Caller, 'requestId' | 'principal' | 'session'>

/** What the request would ask for, by what it brings. @throws TurnoutError invalid_input */
function needsOf(asked: ExplainRoute, { candidates }: Route): Needs {
  const { productType, ...body } = asked
  const metadata = metadataOf(asked.metadata, productType)
  if (asked.messages) return chatNeeds(check(ChatRequest, body), sizeOf(body), metadata)
  if (asked.input !== undefined) {
    check(EmbeddingsRequest, body)
    const inputTokens = estimateTokens(sizeOf(asked.input))
    return { output: 'embedding', input: ['text'], capabilities: [], streamed: false, inputTokens, metadata }
  }
  if (candidates[0]?.deployment.model.output.includes('image')) {
    const { prompt, n, size, stream, background } = check(ImagesRequest, { prompt: '.', ...body })
    const transparent = background === 'transparent'
    return imageNeeds({ ...body, prompt, count: n, size, streamed: stream === true, transparent }, metadata)
  }
  const messages = [{ role: 'user', content: asked.prompt ?? '' }]
  const chat = check(ChatRequest, { ...body, messages })
  return chatNeeds(chat, sizeOf(chat), metadata)
}

/**
 * Where a request would go at this moment, and why not elsewhere. Nobody is called.
 *
 * @throws TurnoutError
 */
export function explainRoute(
  registry: Registry,
  router: Router,
  asked: ExplainRoute,
  { requestId, principal: { keyId, owner }, session: ofHeader }: ExplainCaller,
): RouteExplanation {
  const { session = ofHeader, ...rest } = asked
  const identity = { requestId, keyId, user: asked.user ?? owner, session }
  const productType = asked.productType ?? asked.metadata?.product_type
  const route = registry.snapshot.route(asked.model, productType, identity)
  const needs = needsOf({ ...rest, ...(productType !== undefined && { productType }) }, route)
  const now = router.health.now()
  const explain = ({ candidate, loss }: Chosen, place: number) => {
    const { id, provider } = candidate.deployment
    const state = router.health.of(id)
    const status = statusOf(state, now)
    const notes = [
      ...(status === 'cooling' ? [`It is cooling down until ${dateOf(state.coolingUntil)}.`] : []),
      ...(status === 'probing' ? ['It is tried again after a cooldown.'] : []),
      ...(loss === undefined ? [] : ['The pictures of the messages are left out for it.']),
    ]
    return {
      deployment: id,
      provider: provider.id,
      state: status,
      note: notes.length > 0 ? notes.join(' ') : null,
      reached: place <= route.fallback.max,
    }
  }
  return {
    route: route.name,
    pool: route.pool ?? null,
    strategy: route.strategy,
    bySession: !isSole(route) && isBySession(route.strategy, session),
    experiment: route.assignment?.experiment ?? null,
    variant: route.assignment?.variant ?? null,
    output: needs.output,
    estimatedInputTokens: needs.inputTokens,
    candidates: router.preview(route, needs, session).map(explain),
    skipped: router.refused(route, needs),
  }
}
