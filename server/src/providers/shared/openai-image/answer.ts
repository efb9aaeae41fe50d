import type { TransportResponse } from '../../../core/adapter.ts'
import type { Drawn, Media, MediaDone } from '../../../core/media.ts'
import { readUsage } from '../../../core/openai/usage.ts'
import { mediaTypeOfBytes } from '../../../lib/media-type.ts'
import { isObject } from '../../../lib/objects.ts'
import { invalidOutput, parseJson, text } from '../failure.ts'
import { mediaTypeOfFormat, mediaTypeOfUrl } from '../media.ts'
import { openAIError } from '../openai-errors.ts'

const inline = (bytes: Buffer, format: unknown): Pick<Media, 'bytes' | 'mediaType'> => ({
  bytes,
  mediaType: mediaTypeOfBytes(bytes) ?? mediaTypeOfFormat(format) ?? 'image/png',
})

/** Where a picture of an answer is; some servers write a data URL where OpenAI has a link. */
function place(base64: string | undefined, url: string | undefined, format: unknown) {
  if (base64) return inline(Buffer.from(base64, 'base64'), format)
  if (url === undefined) return undefined
  const data = /^data:[^,]{0,200};base64,/.exec(url)?.[0]
  if (data !== undefined) return inline(Buffer.from(url.slice(data.length), 'base64'), format)
  return { url, mediaType: mediaTypeOfUrl(url) ?? mediaTypeOfFormat(format) ?? 'image/png' }
}

const DRAWN = ['background', 'output_format', 'quality', 'size'] as const

/** How the pictures of an answer were made, as far as it says so. */
const readDrawn = (answer: Readonly<Record<string, unknown>>): Drawn =>
  Object.fromEntries(
    DRAWN.flatMap((name) => {
      const word = text(answer[name])
      return word === undefined ? [] : [[name, word]]
    }),
  )

/** One picture of an answer. @param format That was asked for, or that the answer names. */
function readPicture(value: unknown, format: unknown): Media[] {
  if (!isObject(value)) return []
  const where = place(text(value.b64_json), text(value.url), format)
  if (where === undefined) return []
  const revisedPrompt = text(value.revised_prompt)
  const { seed } = value
  return [
    {
      ...where,
      ...(revisedPrompt !== undefined && { revisedPrompt }),
      ...(Number.isInteger(seed) && { seed: seed as number }),
    },
  ]
}

/**
 * The pictures of an answer. One that cannot be read has probably been paid
 * for, so it is not worth another try.
 *
 * @param format The one that was asked for
 * @throws TurnoutError invalid_output, or what the answer says instead of pictures
 */
export async function readImages(
  response: TransportResponse,
  format: unknown,
  provider: string,
): Promise<Omit<MediaDone, 'warnings'>> {
  const { status, headers } = response
  const body = await response.text()
  const answer = parseJson(body)
  if (!isObject(answer)) {
    throw invalidOutput(provider, 'answered something that is not a JSON object', response, false)
  }
  if (answer.error) throw openAIError(status, headers, body, provider)
  const written = text(answer.output_format) ?? format
  const drawn = readDrawn(answer)
  const told = Object.keys(drawn).length > 0 && { drawn }
  const pictures = Array.isArray(answer.data) ? answer.data.flatMap((one) => readPicture(one, written)) : []
  const media = pictures.map((picture) => ({ ...picture, ...told }))
  if (media.length === 0) throw invalidOutput(provider, 'answered without a picture', response, false)
  const usage = readUsage(answer.usage)
  return {
    status: 'done',
    media,
    // All that an image model puts out is pictures, also where the details do not say so.
    usage: { imageOutputTokens: usage.outputTokens, ...usage, images: media.length },
    upstreamRequestId: headers['x-request-id'],
  }
}
