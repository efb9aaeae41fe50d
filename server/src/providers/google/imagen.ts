import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, Media, MediaDone } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { callModel, type Door } from './door.ts'
import { present } from './request.ts'
import { shapeOf } from './shape.ts'
import { warnOf } from './unsupported.ts'

const RATIOS = ['1:1', '3:4', '4:3', '9:16', '16:9']

const NOT_TAKEN = ['steps', 'strength', 'mask', 'loras', 'style', 'quality', 'background', 'outputFormat'] as const
/** What only Vertex AI takes. */
const VERTEX_ONLY = ['negativePrompt', 'seed', 'guidanceScale'] as const

function parameters(call: ImageCall, door: Door, warnings: string[]): Record<string, unknown> {
  const given: Record<string, unknown> = { ...call.defaults, ...call.inputs }
  const { ratio, area } = shapeOf(call, RATIOS, given.sampleImageSize, '2K', warnings)
  const own = { sampleCount: call.count, aspectRatio: ratio, sampleImageSize: area }
  if (door.platform === 'gemini') {
    warnings.push(...warnOf(call, VERTEX_ONLY, call.model))
    return { ...given, ...present(own) }
  }
  // A seed and the invisible watermark, which is on unless it is switched off, exclude each other.
  const hasSeed = given.addWatermark === false
  if (call.seed !== undefined && !hasSeed) {
    warnings.push(`${call.model} takes a seed only without its watermark (addWatermark: false); the seed was left out.`)
  }
  const more = {
    negativePrompt: call.negativePrompt,
    guidanceScale: call.guidanceScale,
    seed: hasSeed ? call.seed : undefined,
    includeRaiReason: true,
  }
  return { ...given, ...present({ ...own, ...more }) }
}

/** The pictures, and why others were withheld. */
function readPredictions(predictions: unknown): { media: Media[]; withheld: string[] } {
  const media: Media[] = []
  const withheld: string[] = []
  for (const prediction of Array.isArray(predictions) ? (predictions as unknown[]) : []) {
    if (!isObject(prediction)) continue
    const base64 = text(prediction.bytesBase64Encoded)
    const reason = text(prediction.raiFilteredReason)
    if (base64) {
      const mediaType = text(prediction.mimeType) ?? 'image/png'
      media.push({ bytes: Buffer.from(base64, 'base64'), mediaType, revisedPrompt: text(prediction.prompt) })
    } else if (reason) withheld.push(reason)
  }
  return { media, withheld }
}

/**
 * Pictures by Imagen, several at once. Google has shut the models down; the
 * protocol lives on at whoever serves it.
 * Source: Vertex AI, Imagen API reference, read November 2026.
 *
 * @throws TurnoutError content_policy where every picture was withheld
 */
export async function makeByImagen(door: Door, call: ImageCall, connection: Connection): Promise<MediaDone> {
  const { provider } = connection
  if (call.pictures?.length) {
    throw new TurnoutError('capability_missing', `${call.model} does not take pictures.`, {
      provider,
      param: 'pictures',
    })
  }
  const warnings = warnOf(call, NOT_TAKEN, call.model)
  const body = { instances: [{ prompt: call.prompt }], parameters: parameters(call, door, warnings) }
  const response = await callModel(door, connection, call.model, 'predict', body)
  const { predictions } = await readObject(response, provider)
  const { media, withheld } = readPredictions(predictions)
  if (media.length === 0) {
    if (predictions !== undefined && withheld.length === 0)
      throw invalidOutput(provider, 'answered without a picture', response, false)
    // Without a reason being asked for, pictures that are withheld are simply not there.
    const why = withheld.length > 0 ? `: ${[...new Set(withheld)].join(' ')}` : '.'
    throw new TurnoutError('content_policy', `${provider} withheld every picture${why}`, {
      provider,
      upstreamStatus: response.status,
      // Where the result is filtered the input alone is charged, and that of Imagen has no price.
      providerCost: 0n,
    })
  }
  if (media.length < call.count) {
    const why = withheld.length > 0 ? ` for their content: ${[...new Set(withheld)].join(' ')}` : ' without a reason.'
    warnings.push(`${provider} withheld ${call.count - media.length} of ${call.count} pictures${why}`)
  }
  return { status: 'done', media, usage: { images: media.length }, warnings }
}
