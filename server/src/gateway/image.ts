import type { GeneratedImage, GenerateImage } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { ImageRequest, SettingNames } from '../core/image/request.ts'
import type { Route } from '../core/route.ts'
import { imageNeeds } from '../core/routing/image-needs.ts'
import { metadataOf } from '../core/routing/needs.ts'
import type { Registry } from '../registry/types.ts'
import { generateByJob } from './image-job.ts'
import { readPicture } from './inputs.ts'
import type { WaitedServices } from './jobs/waited.ts'
import { toBase64 } from './media/outputs.ts'
import { type ImageOrder, type ImageServices, makeImages, orderImages } from './media/pictures.ts'
import type { Leg } from './routing/chain.ts'
import { isSole, soleLeg } from './routing/router.ts'
import { type Sought, withFallback } from './routing/with-fallback.ts'
import { nativeRoute, servedBy } from './text.ts'
import type { Caller } from './types.ts'

/** Where the native API calls a setting otherwise than the core does. */
const NAMES: SettingNames = { pictures: 'images' }

/** What of a request decides where it goes, and not what is drawn. */
function requestOf({ images, mask, ...input }: GenerateImage): ImageRequest {
  const { modelId: _, role: __, productType: ___, session: ____, user: _____, cache: ______, ...settings } = input
  return {
    ...settings,
    pictures: images?.map((url, index) => readPicture(url, `images[${index}]`)),
    mask: mask === undefined ? undefined : readPicture(mask, 'mask'),
  }
}

function sought(
  route: Route,
  { productType, session, images, mask, background, quality, ...wish }: GenerateImage,
  { requestId, session: ofHeader }: Caller,
): Sought {
  return {
    route,
    session: session ?? ofHeader,
    requestId,
    needs: () =>
      imageNeeds(
        {
          ...wish,
          pictures: images?.length ?? 0,
          mask: mask !== undefined,
          transparent: background === 'transparent',
          ...(quality !== undefined && { settings: { quality } }),
        },
        metadataOf(undefined, productType),
      ),
    paidOnAcceptance: true,
  }
}

/** @throws TurnoutError where the model does not take the request */
function orderOf(
  services: ImageServices,
  { deployment, trail }: Leg,
  input: GenerateImage,
  caller: Caller,
): ImageOrder {
  const { model } = deployment
  if (!model.output.includes('image')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make pictures; it makes ${model.output.join(' and ')}.`,
      { param: 'modelId' },
    )
  }
  const { requestId, principal } = caller
  const who = { requestId, keyId: principal.keyId, user: input.user ?? principal.owner }
  const metered = { ...who, operation: 'image.generate', trail } as const
  return orderImages(services.adapters, deployment, requestOf(input), metered, NAMES)
}

export interface DrawingServices extends ImageServices {
  /** What jobs are made with; absent where pictures are made without being kept. */
  waited?(): WaitedServices | undefined
}

/** `POST /api/generate-image`: the pictures of one model, as base64. */
export async function generateImage(
  services: DrawingServices,
  registry: Registry,
  input: GenerateImage,
  caller: Caller,
): Promise<GeneratedImage> {
  const route = nativeRoute(registry, input, caller)
  const waited = services.waited?.()
  if (waited) {
    // What the model does not take is told in the words of this API.
    if (isSole(route)) orderOf(services, soleLeg(route), input, caller)
    return generateByJob(waited, { input, request: requestOf(input), names: NAMES }, route, caller)
  }
  const wanted = sought(route, input, caller)
  const { value, fallbacks } = await withFallback(services.router, wanted, caller.signal, async (leg, signal) => {
    const order = orderOf(services, leg, input, caller)
    return { order, made: await makeImages(services, order, { signal, sink: toBase64 }) }
  })
  const { order, made } = value
  const served = servedBy(order.deployment, caller, { route, fallbacks }, made.attempts, made.usage, made.cost)
  return {
    ...served,
    warnings: [...served.warnings, ...made.warnings],
    images: made.images,
    mapped: made.mapped,
  }
}
