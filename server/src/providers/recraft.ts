import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import { nanoDollarsOf } from '../core/count.ts'
import type { ImageCall, Media, MediaOutcome } from '../core/media.ts'
import { mediaTypeOfBytes } from '../lib/media-type.ts'
import { isObject } from '../lib/objects.ts'
import { recraftError } from './recraft/errors.ts'
import { asFiles, type RecraftRequest, recraftRequest } from './recraft/request.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { invalidOutput, text } from './shared/failure.ts'
import { formRequest, mediaTypeOfFormat, mediaTypeOfUrl, urlOf } from './shared/media.ts'
import { openAIHeaders, versionedBase } from './shared/openai-door.ts'

/** Recraft counts in units of a thousandth of a dollar. */
const NANO_DOLLARS_PER_UNIT = 1_000_000

const costOf = (credits: unknown): bigint | undefined => nanoDollarsOf(credits, NANO_DOLLARS_PER_UNIT)

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null

/**
 * Inline pictures go as files, a quarter smaller than in JSON; URLs and fields
 * with fields of their own, such as `controls`, can only go as JSON.
 */
function encode({ fields, pictures }: RecraftRequest, headers: Record<string, string>) {
  const files = pictures.length > 0 && !Object.values(fields).some(isNested) ? asFiles(pictures) : undefined
  if (files) return formRequest(fields, files, headers)
  const links = Object.fromEntries(pictures.map(([field, picture]) => [`${field}_url`, urlOf(picture)]))
  return json({ ...fields, ...links }, headers)
}

/** What Recraft makes of a raster picture where no format is asked for. */
const USUAL_FORMAT = 'webp'

function readImages(answer: Readonly<Record<string, unknown>>, { vector, fields }: RecraftRequest): Media[] {
  const images = Array.isArray(answer.data) ? answer.data : [answer.image]
  const usual = vector ? 'image/svg+xml' : (mediaTypeOfFormat(fields.image_format ?? USUAL_FORMAT) ?? 'image/webp')
  return images.filter(isObject).flatMap((image): Media[] => {
    const revisedPrompt = text(image.revised_prompt)
    const base64 = text(image.b64_json)
    if (base64 !== undefined) {
      const bytes = Buffer.from(base64, 'base64')
      return [{ bytes, mediaType: mediaTypeOfBytes(bytes) ?? usual, revisedPrompt }]
    }
    const url = text(image.url)
    return url === undefined ? [] : [{ url, mediaType: mediaTypeOfUrl(url) ?? usual, revisedPrompt }]
  })
}

async function start(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const request = recraftRequest(call, provider)
  const url = versionedBase(connection.baseUrl) + request.path
  const response = await exchange(url, encode(request, openAIHeaders(connection)), connection, recraftError)
  const answer = await readObject(response, provider)
  if (answer.error) throw recraftError(response.status, response.headers, JSON.stringify(answer), provider)
  const media = readImages(answer, request)
  if (media.length === 0) throw invalidOutput(provider, 'answered without a picture', response, false)
  const { warnings } = request
  if (media.length < call.count) warnings.push(`${call.count} pictures were asked for; ${media.length} came.`)
  return {
    status: 'done',
    media,
    usage: { images: media.length },
    providerCost: costOf(answer.credits),
    warnings,
    upstreamRequestId: response.headers['x-request-id'],
  }
}

/** Source: Recraft's OpenAPI description of August 2026. */
async function check(connection: Connection): Promise<void> {
  const url = `${versionedBase(connection.baseUrl)}/users/me`
  const response = await exchange(url, { headers: openAIHeaders(connection) }, connection, recraftError)
  await readObject(response, connection.provider)
}

/** Recraft: pictures and drawings by an API that looks like OpenAI's, with settings and errors of its own. */
export const recraft: ProviderAdapter = { id: 'recraft', image: { links: true, start }, check }
