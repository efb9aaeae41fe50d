import type { Connection, ImageAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, Media, MediaOutcome } from '../../core/media.ts'
import { readUsage } from '../../core/openai/usage.ts'
import { requireReadable } from './failure.ts'
import { openAIDoor } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'

/** An answer as far as it is read; nothing in it is taken for granted. */
interface Images {
  error?: unknown
  output_format?: unknown
  data?: unknown
  usage?: unknown
}

interface Picture {
  b64_json?: unknown
  url?: unknown
  revised_prompt?: unknown
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function readPictures({ data, output_format }: Images): Media[] {
  const format = text(output_format) ?? 'png'
  const mediaType = format === 'svg' ? 'image/svg+xml' : `image/${format}`
  return (Array.isArray(data) ? (data as (Picture | null)[]) : []).flatMap((picture): Media[] => {
    const revisedPrompt = text(picture?.revised_prompt)
    const base64 = text(picture?.b64_json)
    if (base64) return [{ bytes: Buffer.from(base64, 'base64'), mediaType, revisedPrompt }]
    const url = text(picture?.url)
    return url ? [{ url, mediaType, revisedPrompt }] : []
  })
}

/** The settings of OpenAI's image endpoint that were asked for; those it does not have are dealt with before. */
function requestBody(call: ImageCall): string {
  return JSON.stringify({
    ...call.defaults,
    stream: undefined,
    model: call.model,
    prompt: call.prompt,
    n: call.count,
    ...(call.size ? { size: `${call.size.width}x${call.size.height}` } : {}),
    ...(call.negativePrompt === undefined ? {} : { negative_prompt: call.negativePrompt }),
    ...(call.guidanceScale === undefined ? {} : { guidance_scale: call.guidanceScale }),
    ...(call.steps === undefined ? {} : { num_inference_steps: call.steps }),
    ...(call.seed === undefined ? {} : { seed: call.seed }),
  })
}

async function start(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { url, headers } = openAIDoor.request('images.generate', connection)
  const response = await connection.transport(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: requestBody(call),
    signal: connection.signal,
  })
  await requireReadable(response, connection.provider, openAIError)
  const body = await response.text()
  let images: Images | null = null
  try {
    images = JSON.parse(body) as Images | null
  } catch {}
  if (images?.error) throw openAIError(response.status, response.headers, body, connection.provider)
  const media = readPictures(images ?? {})
  if (media.length === 0) {
    throw new TurnoutError('invalid_output', `${connection.provider} answered without a picture.`, {
      provider: connection.provider,
      upstreamStatus: response.status,
      upstreamRequestId: response.headers['x-request-id'],
      retryable: false,
    })
  }
  const usage = readUsage(images?.usage)
  return {
    status: 'done',
    media,
    // All that an image model puts out is pictures, also where the details do not say so.
    usage: { imageOutputTokens: usage.outputTokens, ...usage, images: media.length },
    warnings: [],
    upstreamRequestId: response.headers['x-request-id'],
  }
}

/** Pictures by OpenAI's image endpoint, which answers when they are done. */
export const openAIImage: ImageAdapter = { links: true, start }
