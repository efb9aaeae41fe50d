import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import { sizeOf } from '../core/image/ratio.ts'
import type { ImageCall, MediaDone, MediaOutcome, RemoteOperation } from '../core/media.ts'
import { defined, isObject } from '../lib/objects.ts'
import { isClassic, pollClassic, startClassic } from './hunyuan/classic.ts'
import { hunyuanError, jobFailure } from './hunyuan/errors.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { invalidOutput, text } from './shared/failure.ts'
import { leftOut, mediaTypeOfUrl, seedWithin, shapeOf, urlOf, warnOfCount } from './shared/media.ts'
import { createOpenAIDoor, openAIHeaders, TEXT_ALONE } from './shared/openai-door.ts'
import { listOpenAIModels } from './shared/openai-models.ts'
import { createOpenAIText } from './shared/openai-text.ts'

const MAX_SEED = 4_294_967_295
const POLL_MS = 2_000

type Json = Readonly<Record<string, unknown>>

/** The URLs of an answer in OpenAI's shape. */
function readPictures({ data, request_id }: Json, warnings: string[]): MediaDone | undefined {
  const media = (Array.isArray(data) ? data.filter(isObject) : []).flatMap(({ url, revised_prompt }) => {
    const link = text(url)
    const revisedPrompt = text(revised_prompt)
    return link
      ? [{ url: link, mediaType: mediaTypeOfUrl(link) ?? 'image/png', ...(revisedPrompt && { revisedPrompt }) }]
      : []
  })
  const requestId = text(request_id)
  return media.length === 0
    ? undefined
    : {
        status: 'done',
        media,
        usage: { images: media.length },
        warnings,
        ...(requestId !== undefined && { upstreamRequestId: requestId }),
      }
}

async function ask(path: string, body: Json, connection: Connection, headers: Record<string, string>) {
  const response = await exchange(connection.baseUrl + path, json(body, headers), connection, hunyuanError)
  const answer = await readObject(response, connection.provider)
  if (answer.error) throw hunyuanError(response.status, response.headers, JSON.stringify(answer), connection.provider)
  return { answer, response }
}

/** The light model of TokenHub answers at once. Source: TokenHub's image API, read November 2026. */
async function startLite(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const warnings = leftOut(call, [])
  warnOfCount(call, warnings)
  const body = { ...call.defaults, model: call.model, prompt: call.prompt, rsp_img_type: 'url', ...call.inputs }
  const { answer, response } = await ask('/api/image/lite', body, connection, openAIHeaders(connection))
  const done = readPictures(answer, warnings)
  if (done) return done
  throw invalidOutput(connection.provider, 'answered without a picture', response, false)
}

/** This API wants the credential bare. */
const bare = ({ credential }: Connection): Record<string, string> =>
  credential === undefined ? {} : { authorization: credential }

/** `WIDTH:HEIGHT` in pixels, which only looks like an aspect ratio. */
function sizeField({ size, aspectRatio }: ImageCall, warnings: string[]): string | undefined {
  if (size) return `${size.width}:${size.height}`
  const shape = aspectRatio === undefined ? Number.NaN : shapeOf(aspectRatio)
  if (Number.isNaN(shape)) return undefined
  const { width, height } = sizeOf(shape)
  warnings.push(`The model takes a size instead of an aspect ratio: ${aspectRatio} became ${width}x${height}.`)
  return `${width}:${height}`
}

/** HY-Image 3 is a job. Source: the API of HY-Image-V3.0, read November 2026. */
async function startJob(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const warnings = leftOut(call, ['size', 'aspectRatio', 'seed', 'pictures'])
  warnOfCount(call, warnings)
  const extra = {
    ...(isObject(call.defaults?.extra_body) ? call.defaults.extra_body : {}),
    ...defined({ seed: seedWithin(call.seed, MAX_SEED, warnings) }),
    ...call.inputs,
  }
  const body = defined({
    ...call.defaults,
    model: call.model,
    prompt: call.prompt,
    size: sizeField(call, warnings),
    images: call.pictures?.length ? call.pictures.map(urlOf) : undefined,
    extra_body: Object.keys(extra).length === 0 ? undefined : extra,
  })
  const { answer, response } = await ask('/aiart/submit', body, connection, bare(connection))
  const jobId = text(answer.job_id)
  if (jobId === undefined) throw invalidOutput(connection.provider, 'accepted a job without naming it', response, false)
  const requestId = text(answer.request_id)
  return {
    status: 'pending',
    operation: { api: 'aiart', jobId, warnings },
    pollAfterMs: POLL_MS,
    warnings,
    ...(requestId !== undefined && { upstreamRequestId: requestId }),
  }
}

const FAILED = /^(4|fail(ed)?|error|rejected)$/i

async function pollJob(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { jobId, warnings } = operation as { jobId: string; warnings: string[] }
  const { answer } = await ask('/aiart/query', { job_id: jobId }, connection, bare(connection))
  const done = readPictures(answer, warnings)
  if (done) return done
  const status = String(answer.status ?? answer.job_status_code ?? '')
  if (!FAILED.test(status)) return { status: 'pending', operation, pollAfterMs: POLL_MS }
  const message = text(answer.message) ?? text(answer.job_error_msg)
  throw jobFailure(answer.code ?? answer.job_error_code, message, connection.provider, text(answer.request_id))
}

const isJob = (model: string): boolean => /^hy-image-v/i.test(model)

/**
 * Tencent Hunyuan: chat in OpenAI's dialect, pictures by three APIs that have
 * grown side by side; the model says by which.
 */
export const hunyuan: ProviderAdapter = {
  id: 'hunyuan',
  text: createOpenAIText(hunyuanError),
  openai: createOpenAIDoor({ operations: TEXT_ALONE, error: hunyuanError }),
  image: {
    links: true,
    start: (call, connection) =>
      (isClassic(call.model) ? startClassic : isJob(call.model) ? startJob : startLite)(call, connection),
    poll: (operation, connection) => (operation.api === 'classic' ? pollClassic : pollJob)(operation, connection),
  },
  listModels: listOpenAIModels,
}
