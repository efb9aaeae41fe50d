import { TurnoutError } from '../../core/error.ts'
import type { ImageRequest, SettingNames } from '../../core/image/request.ts'
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

/** @throws TurnoutError */
export async function generateImage(
  services: LibraryServices,
  resolve: Resolve,
  call: GivenImage,
): Promise<ImageAnswer> {
  const requestId = newId('req')
  const route = resolve(call, 'image', { requestId, user: call.user, session: call.session })
  const request = requestOf(call)
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
    images: made.images.map(pictureOf),
    mapped: made.mapped,
  }
}
