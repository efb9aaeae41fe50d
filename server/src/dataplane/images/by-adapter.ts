import type { ImageEditsRequest, ImagesRequest } from '@turnout/contract'
import type { Principal } from '../../access/types.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageRequest } from '../../core/image/request.ts'
import { pictureOf, readPicture } from '../../gateway/inputs.ts'
import { Illustrator } from '../../gateway/media/illustrator.ts'
import { toBase64 } from '../../gateway/media/outputs.ts'
import { orderImages } from '../../gateway/media/pictures.ts'
import type { RelayClient } from '../../gateway/relay/types.ts'
import type { Trail } from '../../gateway/routing/trail.ts'
import type { FormPart } from '../../lib/multipart.ts'
import type { Exchange } from '../exchange.ts'
import { linkSink } from '../picture-links.ts'
import { pictureParts } from './form.ts'
import { imageRequest, OPENAI_NAMES } from './request.ts'

type Pictures = Pick<ImageRequest, 'pictures' | 'mask'>

/** A request for pictures as it came. */
export interface Asked {
  operation: 'images.generate' | 'images.edit'
  body: ImagesRequest | ImageEditsRequest
  /** All of its fields. */
  values: Readonly<Record<string, unknown>>
  /** Its parts, where it is a form. */
  parts: readonly FormPart[] | undefined
  principal: Principal
  trail: Trail | undefined
}

function linked({ image_url, file_id }: { image_url?: string; file_id?: string }, param: string) {
  if (image_url !== undefined) return readPicture(image_url, `${param}.image_url`)
  const what =
    file_id === undefined ? 'is required' : 'must take the place of file_id: files of OpenAI are known to it alone'
  throw new TurnoutError('invalid_input', `${param}.image_url ${what}.`, { param: `${param}.image_url` })
}

/** The pictures of an edit. @throws TurnoutError invalid_input */
export function picturesOf({ operation, body, parts }: Asked): Pictures {
  if (operation === 'images.generate') return {}
  if (parts) {
    const mask = parts.find(({ name, filename }) => name === 'mask' && filename !== undefined)
    return {
      pictures: pictureParts(parts).map(({ data }) => pictureOf(data, 'image')),
      mask: mask && pictureOf(mask.data, 'mask'),
    }
  }
  const { images, mask } = body as ImageEditsRequest
  if (images === undefined) {
    throw new TurnoutError('invalid_input', 'images is required and must name at least one picture.', {
      param: 'images',
    })
  }
  return {
    pictures: images.map((image, index) => linked(image, `images[${index}]`)),
    mask: mask ? linked(mask, 'mask') : undefined,
  }
}

/**
 * What answers a request of OpenAI's dialect by a model whose provider does not speak it.
 *
 * @throws TurnoutError where the model does not take the request
 */
export function drawByAdapter(
  exchange: Exchange,
  asked: Asked,
  deployment: Deployment,
  client: RelayClient,
): Illustrator {
  const { images: services } = exchange.plane
  const { operation, body, values, parts, principal, trail } = asked
  const request = imageRequest(body, values, deployment.model, picturesOf(asked), parts !== undefined)
  const metered = {
    requestId: exchange.requestId,
    operation,
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    trail,
  }
  const order = orderImages(services.adapters, deployment, request, metered, OPENAI_NAMES)
  const sink = body.response_format === 'url' ? linkSink(exchange) : toBase64
  return new Illustrator(services, order, sink, client)
}
