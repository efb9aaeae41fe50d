import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, MediaDone, MediaOutcome, RemoteOperation } from '../../core/media.ts'
import { defined, isObject } from '../../lib/objects.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { leftOut, requireAtMost, seedWithin, warnOfCount } from '../shared/media.ts'
import { hunyuanError, jobFailure, refusedFree } from './errors.ts'
import { signTc3, type Tc3Secret } from './tc3.ts'

type Json = Readonly<Record<string, unknown>>

const DEFAULT_REGION = 'ap-guangzhou'
const MAX_SEED = 4_294_967_295
const POLL_MS = 2_000

/** Each product has the version that its documentation names. */
const VERSIONS: Readonly<Record<string, string>> = { hunyuan: '2023-09-01', aiart: '2022-12-29' }

/** What asks after a job that an action has submitted. */
const QUERIES: Readonly<Record<string, string>> = {
  SubmitHunyuanImageJob: 'QueryHunyuanImageJob',
  SubmitTextToImageJob: 'QueryTextToImageJob',
}
const SYNCHRONOUS = 'TextToImageLite'

/** Whether a model of the catalog is an action of the classic API. */
export const isClassic = (model: string): boolean => model === SYNCHRONOUS || Object.hasOwn(QUERIES, model)

/** @throws TurnoutError authentication where the credential is not the pair that signatures need */
function secretOf({ credential = '', provider }: Connection): Tc3Secret {
  const [id, key, ...more] = credential.split(':')
  if (id && key && more.length === 0) return { id, key }
  throw new TurnoutError(
    'authentication',
    `${provider} signs these requests: the credential must be SECRET_ID:SECRET_KEY, such as env:TENCENTCLOUD_SECRET_ID:TENCENTCLOUD_SECRET_KEY.`,
    { provider, delivered: false },
  )
}

/** One action. @throws TurnoutError also for the errors that come with status 200 */
async function act(
  action: string,
  parameters: Json,
  connection: Connection,
): Promise<{ answer: Json; requestId?: string }> {
  const { provider } = connection
  const { host } = new URL(connection.baseUrl)
  const service = /^(hunyuan|aiart)\./.exec(host)?.[1] ?? text(connection.settings.service) ?? 'hunyuan'
  const body = JSON.stringify(parameters)
  const headers = signTc3(secretOf(connection), {
    host,
    service,
    action,
    version: VERSIONS[service] ?? VERSIONS.hunyuan!,
    region: connection.region ?? DEFAULT_REGION,
    body,
    at: Date.now(),
  })
  const response = await exchange(`${connection.baseUrl}/`, { method: 'POST', headers, body }, connection, hunyuanError)
  const { Response: answer } = await readObject(response, provider)
  if (!isObject(answer)) throw invalidOutput(provider, 'answered without a Response', response, false)
  if (answer.Error !== undefined) {
    throw hunyuanError(response.status, response.headers, JSON.stringify({ Response: answer }), provider)
  }
  const requestId = text(answer.RequestId)
  return { answer, ...(requestId !== undefined && { requestId }) }
}

function parametersOf(call: ImageCall, warnings: string[], provider: string): Json {
  const pictures = call.pictures ?? []
  requireAtMost(pictures, 1, provider)
  const [picture] = pictures
  const job = call.model === 'SubmitHunyuanImageJob'
  warnings.push(
    ...leftOut(call, [
      'size',
      'seed',
      ...(call.model === 'SubmitTextToImageJob' ? [] : (['negativePrompt'] as const)),
      ...(job ? (['pictures', 'style'] as const) : []),
    ]),
  )
  if (!job) warnOfCount(call, warnings)
  return {
    ...call.defaults,
    ...defined({
      Prompt: call.prompt,
      NegativePrompt: call.model === 'SubmitTextToImageJob' ? undefined : call.negativePrompt,
      Resolution: call.size && `${call.size.width}:${call.size.height}`,
      Seed: seedWithin(call.seed, MAX_SEED, warnings),
      Num: job ? call.count : undefined,
      Style: job ? call.style : undefined,
      ContentImage:
        job && picture ? ('url' in picture ? { ImageUrl: picture.url } : { ImageBase64: picture.base64 }) : undefined,
      RspImgType: call.model === SYNCHRONOUS ? 'url' : undefined,
    }),
    ...call.inputs,
  }
}

const done = (urls: readonly string[], warnings: string[], requestId: string | undefined): MediaDone => ({
  status: 'done',
  media: urls.map((url) => ({ url, mediaType: 'image/png' })),
  usage: { images: urls.length },
  warnings,
  ...(requestId !== undefined && { upstreamRequestId: requestId }),
})

/** A picture by Tencent Cloud's classic API. Source: its references of Hunyuan image generation, read November 2026. */
export async function startClassic(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const warnings: string[] = []
  const parameters = parametersOf(call, warnings, provider)
  const { answer, requestId } = await act(call.model, parameters, connection).catch((error: unknown) => {
    throw refusedFree(error, call.model !== SYNCHRONOUS)
  })
  if (call.model === SYNCHRONOUS) {
    const url = text(answer.ResultImage)
    if (url) return done([url], warnings, requestId)
    throw invalidOutput(provider, 'answered without a picture', { status: 200, headers: {} }, false)
  }
  const jobId = text(answer.JobId)
  if (jobId === undefined) {
    throw invalidOutput(provider, 'accepted a job without naming it', { status: 200, headers: {} }, false)
  }
  return {
    status: 'pending',
    operation: { api: 'classic', query: QUERIES[call.model], jobId, warnings },
    pollAfterMs: POLL_MS,
    warnings,
    ...(requestId !== undefined && { upstreamRequestId: requestId }),
  }
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string' && item !== '')

/** Job states: 1 waits, 2 runs, 4 has failed, 5 is done. */
export async function pollClassic(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const { query, jobId, warnings } = operation as { query: string; jobId: string; warnings: string[] }
  const { answer, requestId } = await act(query, { JobId: jobId }, connection)
  const state = String(answer.JobStatusCode)
  if (state === '4')
    throw jobFailure(answer.JobErrorCode, answer.JobErrorMsg ?? answer.JobStatusMsg, provider, requestId)
  if (state !== '5') return { status: 'pending', operation, pollAfterMs: POLL_MS }
  const urls = texts(answer.ResultImage)
  const missing = texts(answer.ResultDetails).filter((detail) => detail !== 'Success')
  if (urls.length === 0)
    throw jobFailure(undefined, missing[0] ?? 'the job finished without a picture', provider, requestId)
  return done(urls, [...warnings, ...missing.map((detail) => `One picture was not made: ${detail}.`)], requestId)
}
