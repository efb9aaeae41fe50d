import type { GeneratedImage, GenerateImage } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { ImageRequest, SettingNames } from '../core/image/request.ts'
import type { Registry } from '../registry/types.ts'
import { readPicture } from './inputs.ts'
import { toBase64 } from './media/outputs.ts'
import { type ImageServices, makeImages, orderImages } from './media/pictures.ts'
import { servedBy } from './text.ts'
import type { Caller } from './types.ts'

/** Where the native API calls a setting otherwise than the core does. */
const NAMES: SettingNames = { pictures: 'images' }

function requestOf({ modelId: _, images, mask, ...settings }: GenerateImage): ImageRequest {
  return {
    ...settings,
    pictures: images?.map((url, index) => readPicture(url, `images[${index}]`)),
    mask: mask === undefined ? undefined : readPicture(mask, 'mask'),
  }
}

/** `POST /api/generate-image`: the pictures of one model, as base64. */
export async function generateImage(
  services: ImageServices,
  registry: Registry,
  input: GenerateImage,
  caller: Caller,
): Promise<GeneratedImage> {
  const { deployment, substitutedFor } = registry.snapshot.resolve(input.modelId)
  const { model } = deployment
  if (!model.output.includes('image')) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make pictures; it makes ${model.output.join(' and ')}.`,
      { param: 'modelId' },
    )
  }
  const { requestId, principal, signal } = caller
  const metered = { requestId, operation: 'image.generate', keyId: principal.keyId, user: principal.owner } as const
  const order = orderImages(services.adapters, deployment, requestOf(input), metered, NAMES)
  const made = await makeImages(services, order, { signal, sink: toBase64 })
  const served = servedBy(deployment, caller, substitutedFor, made.attempts, made.usage, made.cost)
  return {
    ...served,
    warnings: [...served.warnings, ...made.warnings],
    images: made.images,
    mapped: made.mapped,
  }
}
