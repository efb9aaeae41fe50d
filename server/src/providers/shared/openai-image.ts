import type { Connection, ImageAdapter, ImageCall, Media, MediaOutcome } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { readUsage } from '../../core/openai/usage.ts'
import { openAIDoor } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'

interface Images {
  error?: unknown
  output_format?: string
  data?: ({ b64_json?: string; url?: string; revised_prompt?: string } | null)[] | null
  usage?: unknown
}

const mediaType = (format: string): string => (format === 'svg' ? 'image/svg+xml' : `image/${format}`)

/** The settings of OpenAI's image endpoint that were asked for; those it does not have are dealt with before. */
function requestBody(call: ImageCall): string {
  return JSON.stringify({
    ...call.defaults,
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
  const body = await response.text()
  if (response.status >= 300) throw openAIError(response.status, response.headers, body, connection.provider)
  let images: Images | null
  try {
    images = JSON.parse(body) as Images
  } catch {
    images = {}
  }
  if (images?.error) throw openAIError(response.status, response.headers, body, connection.provider)
  const type = mediaType(images?.output_format ?? 'png')
  const media: Media[] = []
  for (const { b64_json, url: at, revised_prompt } of (images?.data ?? []).filter((each) => each !== null)) {
    if (b64_json) media.push({ bytes: Buffer.from(b64_json, 'base64'), mediaType: type, revisedPrompt: revised_prompt })
    else if (at) media.push({ url: at, mediaType: type, revisedPrompt: revised_prompt })
  }
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
export const openAIImage: ImageAdapter = { start }
