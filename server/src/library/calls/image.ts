import { TurnoutError } from '../../core/error.ts'
import type { ImageRequest, SettingNames } from '../../core/image/request.ts'
import type { Route } from '../../core/route.ts'
import { imageNeeds } from '../../core/routing/image-needs.ts'
import { metadataOf } from '../../core/routing/needs.ts'
import { type Output, toBase64 } from '../../gateway/media/outputs.ts'
import { type ImageOrder, makeImages, orderImages } from '../../gateway/media/pictures.ts'
import type { Leg } from '../../gateway/routing/chain.ts'
import { type Sought, withFallback } from '../../gateway/routing/with-fallback.ts'
import { newId } from '../../lib/ids.ts'
import type { GivenImage } from '../input/media.ts'
import { toPicture } from '../input/picture.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import { withSignal } from '../signal.ts'
import type { GeneratedPicture, ImageAnswer } from '../types.ts'
import { cached, wantedOf } from './cached.ts'
import { served } from './served.ts'

/** Where the library calls a setting otherwise than the core does. */
const NAMES: SettingNames = { pictures: 'images' }

/** @throws TurnoutError invalid_input for a picture that is none */
function requestOf({ images, mask, ...call }: GivenImage): ImageRequest {
  const {
    model: _,
    pool: __,
    role: ___,
    productType: ____,
    metadata: _____,
    user: ______,
    session: _______,
    signal: ________,
    cache: _________,
    ...rest
  } = call
  return {
    ...rest,
    pictures: images?.map((image, index) => toPicture(image, `images[${index}]`)),
    mask: mask === undefined ? undefined : toPicture(mask, 'mask'),
  }
}

function pictureOf(output: Output): GeneratedPicture {
  if ('url' in output) return output
  const { base64, ...told } = output
  return { ...told, bytes: Buffer.from(base64, 'base64') }
}

/** Pictures as they are kept. */
type Made = Omit<ImageAnswer, 'images'> & { images: Output[] }

/** What the words of an answer take besides its pictures, about. */
const WORDS_BYTES = 1024

/** What pictures take; links, which expire, and fewer than were asked for are not kept. */
const sizeOf = ({ images }: Made, count = 1): number | undefined =>
  images.length >= count && images.every((image) => 'base64' in image)
    ? images.reduce((sum, image) => sum + ('base64' in image ? image.base64.length : 0), WORDS_BYTES)
    : undefined

/** @throws TurnoutError */
export async function generateImage(
  services: LibraryServices,
  resolve: Resolve,
  call: GivenImage,
): Promise<ImageAnswer> {
  const requestId = newId('req')
  const { user, session, metadata, signal, count } = call
  const route = resolve(call, 'image', { requestId, user, session })
  const request = requestOf(call)
  const wanted = wantedOf(services, route, call, { api: 'image', body: { ...request, user, metadata } })
  const { images, ...told } = await cached<Made>(services, {
    wanted,
    requestId,
    signal,
    make: (own) => make(services, route, requestId, { ...call, signal: own }, request),
    sizeOf: (made) => sizeOf(made, count),
  })
  return { ...told, images: images.map(pictureOf) }
}

/** New pictures. */
async function make(
  services: LibraryServices,
  route: Route,
  requestId: string,
  call: GivenImage,
  request: ImageRequest,
): Promise<Made> {
  const { quality, background, images, mask, productType, metadata } = call
  const sought: Sought = {
    route,
    session: call.session,
    requestId,
    paidOnAcceptance: true,
    needs: () => {
      const wish = {
        ...call,
        pictures: images?.length ?? 0,
        mask: mask !== undefined,
        transparent: background === 'transparent',
        ...(quality !== undefined && { settings: { quality } }),
      }
      return imageNeeds(wish, metadataOf(metadata, productType))
    },
  }
  const order = ({ deployment, trail }: Leg): ImageOrder => {
    const { model } = deployment
    if (!model.output.includes('image')) {
      throw new TurnoutError(
        'capability_missing',
        `Model ${model.id} does not make pictures; it makes ${model.output.join(' and ')}.`,
        { param: 'model' },
      )
    }
    const metered = { requestId, operation: 'image.generate' as const, keyId: null, user: call.user ?? null, trail }
    return orderImages(services.adapters, deployment, request, metered, NAMES)
  }
  const { value } = await withSignal(services.closing, call.signal, (signal) =>
    withFallback(services.router, sought, signal, async (leg, own) => {
      const made = await makeImages(services, order(leg), { signal: own, sink: toBase64 })
      return { made, deployment: leg.deployment }
    }),
  )
  const { made, deployment } = value
  return {
    ...served({ route, deployment, requestId, ...made }),
    images: made.images,
    mapped: made.mapped,
  }
}
