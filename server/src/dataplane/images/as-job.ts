import type { Principal } from '../../access/types.ts'
import type { Deployment } from '../../core/deployment.ts'
import type { ImageRequest } from '../../core/image/request.ts'
import type { Route } from '../../core/route.ts'
import { nameBrought } from '../../gateway/jobs/brought.ts'
import { idempotencyKeyOf } from '../../gateway/jobs/idempotency-key.ts'
import { beyondWords } from '../../gateway/jobs/media-job.ts'
import { orderImages } from '../../gateway/media/pictures.ts'
import type { RelayClient } from '../../gateway/relay/types.ts'
import type { FormPart } from '../../lib/multipart.ts'
import type { Exchange } from '../exchange.ts'
import { type Asked, picturesOf } from './by-adapter.ts'
import { DurableDrawing } from './durable.ts'
import { furtherFields, imageRequest, imageWish, OPENAI_NAMES } from './request.ts'

/** A request that may become a job, and where it may go. */
export interface Candidacy extends Pick<Asked, 'operation' | 'body' | 'values'> {
  principal: Principal
  parts: readonly FormPart[] | undefined
  route: Route
  productType: string | undefined
  /** Whether the bytes of the request could go to a deployment as they are. */
  passes(deployment: Deployment): boolean
}

/** What of a request does not go upstream in its own words: a call says it itself, or it is no part of a job. */
const NOT_WORDS: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'image',
  'image[]',
  'images',
  'mask',
  'stream',
  'partial_images',
])

const without = (values: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)))

/** What of a request a job shows otherwise, or not at all. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  'model',
  'user',
  'image',
  'image[]',
  'images',
  'mask',
  'response_format',
  'stream',
  'metadata',
])

const textOf = (picture: NonNullable<ImageRequest['mask']>): string => ('url' in picture ? picture.url : 'base64')

function shownOf(values: Readonly<Record<string, unknown>>, { pictures, mask }: ImageRequest): Record<string, unknown> {
  return {
    ...without(values, NOT_SHOWN),
    ...(pictures && { images: pictures.map(textOf) }),
    ...(mask && { mask: textOf(mask) }),
  }
}

/** Whether all that the request says reaches the deployment also by its adapter: as it came, or in the adapter's words. */
function carries({ plane, requestId }: Exchange, asked: Candidacy, deployment: Deployment, wish: ImageRequest) {
  const { body, values, operation, parts, principal } = asked
  const { adapters } = plane.images
  const adapter = adapters.get(deployment.provider.adapter)?.image
  const metered = { requestId, operation, keyId: principal.keyId, user: principal.owner, trail: undefined }
  try {
    const request = adapter?.takesWords
      ? beyondWords(wish)
      : imageRequest(body, values, deployment.model, wish, parts !== undefined)
    orderImages(adapters, deployment, request, metered, OPENAI_NAMES)
    return true
  } catch {
    return false
  }
}

/**
 * What makes the pictures of a request as a job; undefined where a job cannot
 * or need not: streams, and what only an upstream that speaks the dialect
 * itself can judge, such as fields of which nothing is known here.
 *
 * @throws TurnoutError invalid_input for an Idempotency-Key that is none
 */
export function asJob(exchange: Exchange, asked: Candidacy, client: RelayClient): DurableDrawing | undefined {
  const { plane, request, requestId, session } = exchange
  const { operation, body, values, parts, principal, route, productType } = asked
  if (!plane.durableImages || body.stream) return undefined
  let wish: ImageRequest
  try {
    wish = imageWish(body, values, picturesOf({ ...asked, trail: undefined }), parts !== undefined)
  } catch {
    // Said by whoever the request goes to, in its words.
    return undefined
  }
  const passing = route.candidates.map(({ deployment }) => deployment).filter(asked.passes)
  if (!passing.every((deployment) => carries(exchange, asked, deployment, wish))) return undefined
  const idempotencyKey = idempotencyKeyOf(request)
  const { request: named, brought } = nameBrought(wish, principal, idempotencyKey)
  const durable = {
    caller: { requestId, principal, signal: exchange.signal, session },
    route,
    image: {
      operation,
      request: named,
      names: OPENAI_NAMES,
      fields: furtherFields(values),
      words: without(values, NOT_WORDS),
      isForm: parts !== undefined,
    },
    brought,
    shown: shownOf(values, named),
    model: body.model,
    productType,
    user: body.user ?? undefined,
    idempotencyKey,
  }
  return new DurableDrawing(exchange, durable, body.response_format === 'url', client)
}
