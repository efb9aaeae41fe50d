import type { Model } from '@turnout/contract'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { fitImage } from '../../core/image/fit.ts'
import { pricedSettings } from '../../core/image/priced.ts'
import type { ImageRequest } from '../../core/image/request.ts'
import { formatSize } from '../../core/image/size.ts'
import { readMediaRequest } from '../../core/inputs/read.ts'
import { withMedia } from '../../core/inputs/references.ts'
import type { MediaReference, MediaRequest } from '../../core/inputs/types.ts'
import { imageNeeds } from '../../core/routing/image-needs.ts'
import { estimateTokens } from '../../core/routing/needs.ts'
import type { Picture } from '../../core/text.ts'
import { fitVideo } from '../../core/video/fit.ts'
import type { JobRequest, ReadImage } from '../../jobs/types.ts'
import { furtherInputs } from '../media/further.ts'
import type { MediaOrder } from './order.ts'

/** What is left of a request to be fitted to a model, where its upstream reads the rest in the words of the dialect. */
export const beyondWords = ({ prompt, width, height, count, seed, pictures, mask }: ImageRequest): ImageRequest => ({
  prompt,
  width,
  height,
  count,
  seed,
  pictures,
  mask,
  inputsChecked: true,
})

/**
 * A request of another dialect as one of jobs.
 *
 * @param inWords The upstream gets it in the words of its dialect, and judges them.
 * @throws TurnoutError invalid_input
 */
function readImage(model: Model, { request, names, fields, isForm }: ReadImage, inWords: boolean): MediaRequest {
  const { pictures = [], mask } = request
  const inputs = inWords ? {} : furtherInputs(fields, model, isForm)
  const named = (picture: Picture | undefined, path: string, ...at: (string | number)[]): MediaReference[] =>
    picture && 'url' in picture ? [{ path, value: picture.url, kind: 'image', at }] : []
  return {
    kind: 'image',
    request: { ...(inWords ? beyondWords(request) : request), ...(Object.keys(inputs).length > 0 && { inputs }) },
    names,
    references: [
      ...pictures.flatMap((picture, index) =>
        named(picture, `${names.pictures ?? 'pictures'}[${index}]`, 'pictures', index),
      ),
      ...named(mask, names.mask ?? 'mask', 'mask'),
    ],
  }
}

/** What a request says in the words of a model, with what a part of a job says otherwise. */
function readFor(
  { model }: Deployment,
  { inputs, options, image, count, seed }: JobRequest,
  inWords = false,
): MediaRequest {
  const read = image ? readImage(model, image, inWords) : readMediaRequest(model, { inputs, options })
  if (count === undefined) return read
  const part = { ...read.request, count, ...(seed !== undefined && { seed }) }
  return { ...read, request: part } as MediaRequest
}

/** As many pictures without a content: what is only described is not sent, and nothing is fetched for it. */
const unseen = (pictures: readonly Picture[]): Picture[] => pictures.map(() => ({ base64: '', mediaType: 'image/png' }))

/** @throws TurnoutError invalid_input, capability_missing; undefined where nobody makes pictures there */
export function orderImage(
  deployment: Deployment,
  request: JobRequest,
  { image: adapter }: ProviderAdapter,
): MediaOrder | undefined {
  const words = adapter?.takesWords ? request.image?.words : undefined
  const read = readFor(deployment, request, words !== undefined)
  if (adapter === undefined || read.kind !== 'image') return undefined
  const { model, upstreamId } = deployment
  const { settings, mapped } = fitImage(model, read.request, read.names)
  const { size, quality, count, inputs, endpoint } = settings
  const sent = {
    ...model.defaults,
    ...inputs,
    ...words,
    endpoint,
    ...(quality && { quality }),
    ...(size && { size: formatSize(size) }),
  }
  const { pictures = [], mask } = read.request
  const { background, ...wish } = request.image?.request ?? read.request
  return {
    deployment,
    mapped,
    count,
    perCall: model.limits.images ?? count,
    seed: settings.seed,
    settings: pricedSettings(sent),
    expected: {
      images: count,
      requests: 1,
      ...(size && { megapixels: (count * size.width * size.height) / 1_000_000 }),
    },
    needs: imageNeeds(
      {
        ...wish,
        count,
        pictures: pictures.length,
        mask: mask !== undefined,
        transparent: background === 'transparent',
        ...(wish.quality !== undefined && { settings: { quality: wish.quality } }),
      },
      {},
    ),
    references: read.references,
    links: adapter.links,
    start: (found, delivery, connection) => {
      const { request: whole } = withMedia(read, found)
      const { inputs, pictures, mask, loras } = whole
      const call = { ...settings, ...delivery, words, model: upstreamId, defaults: model.defaults }
      return adapter.start({ ...call, inputs, pictures, mask, loras }, connection)
    },
    recover: (requestId, connection) =>
      adapter.recover?.(
        { ...settings, pictures: unseen(pictures), model: upstreamId, defaults: model.defaults },
        requestId,
        connection,
      ),
  }
}

/** @throws TurnoutError invalid_input, capability_missing; undefined where nobody makes videos there */
export function orderVideo(
  deployment: Deployment,
  request: JobRequest,
  { video: adapter }: ProviderAdapter,
): MediaOrder | undefined {
  const read = readFor(deployment, request)
  if (adapter === undefined || read.kind !== 'video') return undefined
  const { model, upstreamId } = deployment
  const { settings, mapped, count } = fitVideo(model, read.request, read.names)
  const { seconds, size, resolution, inputs, endpoint } = settings
  const sent = { ...model.defaults, ...inputs, resolution, endpoint, ...(size && { size: formatSize(size) }) }
  const { pictures = [], prompt, seed, negativePrompt } = read.request
  return {
    deployment,
    mapped,
    count,
    perCall: 1,
    seed: settings.seed,
    settings: pricedSettings(sent),
    expected: { ...(seconds !== undefined && { seconds }), requests: 1 },
    needs: {
      output: 'video',
      input: pictures.length > 0 ? ['text', 'image'] : ['text'],
      capabilities: [
        ...(pictures.length > 0 ? (['imageInput'] as const) : []),
        ...(seed !== undefined ? (['seed'] as const) : []),
        ...(negativePrompt !== undefined ? (['negativePrompt'] as const) : []),
      ],
      streamed: false,
      inputTokens: estimateTokens(Buffer.byteLength(prompt)),
      promptCharacters: prompt.length,
      inputImages: pictures.length,
    },
    references: read.references,
    links: adapter.links,
    start: (found, delivery, connection) => {
      const { request: whole } = withMedia(read, found)
      const call = { ...settings, ...delivery, model: upstreamId, defaults: model.defaults }
      const { pictures: shown, lastFrame } = whole
      return adapter.start({ ...call, inputs: whole.inputs, pictures: shown, lastFrame }, connection)
    },
    recover: (requestId, connection) =>
      adapter.recover?.(
        { ...settings, pictures: unseen(pictures), model: upstreamId, defaults: model.defaults },
        requestId,
        connection,
      ),
  }
}
