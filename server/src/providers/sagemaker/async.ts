import { randomUUID } from 'node:crypto'
import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media, MediaDone, MediaOutcome, MediaPending, RemoteOperation } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { findObject, getObject, parseS3, putObject, s3Url } from '../shared/aws/s3.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput, parseJson, readPlain, text } from '../shared/failure.ts'
import { readMedia, typeOfBytes } from './answer.ts'
import type { ContainerRequest } from './body.ts'
import { readContainerFailure } from './errors.ts'
import { invoke, MOST_BYTES, type Payload } from './invoke.ts'
import type { Protocol } from './presets.ts'
import type { SagemakerSettings } from './settings.ts'

/** A diffusion takes its time, and S3 asks money for every look. */
const POLL_AFTER_MS = 5_000

/** What is kept of an asynchronous invocation. */
interface Operation {
  output: string
  failure: string | undefined
  inferenceId: string | undefined
  warnings: string[]
}

/** The URL of a place that SageMaker has named. @throws TurnoutError invalid_output for one that is not to be trusted */
function placeOf(address: string, settings: SagemakerSettings, { region, provider }: Connection): string {
  const object = parseS3(address)
  const { outputBucket, s3Endpoint } = settings
  if (object && (outputBucket === undefined || object.bucket === outputBucket)) return s3Url(object, region, s3Endpoint)
  const why = object ? `outside the bucket ${outputBucket} of settings.outputBucket` : 'that is not in S3'
  throw new TurnoutError('invalid_output', `${provider} has put the result into a place ${why}.`, { provider })
}

/** Puts a request that is too large to be sent along where SageMaker can fetch it. */
async function payloadOf(
  request: ContainerRequest,
  settings: SagemakerSettings,
  connection: Connection,
): Promise<Payload> {
  const isSmall = Buffer.byteLength(request.body) <= MOST_BYTES['async-invocations']
  if (isSmall || settings.inputLocation === undefined) return request
  const location = `${settings.inputLocation.replace(/\/?$/, '/')}${randomUUID()}`
  try {
    const url = s3Url(parseS3(location)!, connection.region, settings.s3Endpoint)
    await putObject(url, request.contentType, request.body, connection)
  } catch (error) {
    throw notStarted(error)
  }
  return { contentType: request.contentType, location }
}

/** The work itself has not been asked for yet. */
function notStarted(error: unknown): unknown {
  if (!(error instanceof TurnoutError)) return error
  const { code, message, provider, retryAfterMs, retryable, upstreamStatus, upstreamRequestId, upstreamCode } = error
  const told = { provider, retryAfterMs, retryable, upstreamStatus, upstreamRequestId, upstreamCode }
  return new TurnoutError(code, message, { ...told, delivered: false, cause: error })
}

export async function startAsync(
  endpoint: string,
  request: ContainerRequest,
  settings: SagemakerSettings,
  connection: Connection,
): Promise<MediaPending> {
  const payload = await payloadOf(request, settings, connection)
  const response = await invoke('async-invocations', endpoint, payload, settings, connection)
  const { headers } = response
  const output = headers['x-amzn-sagemaker-outputlocation']
  if (output === undefined)
    throw invalidOutput(
      connection.provider,
      'accepted the work but does not say where its result will be',
      response,
      false,
    )
  const inferenceId = text((await readObject(response, connection.provider)).InferenceId)
  const failure = headers['x-amzn-sagemaker-failurelocation']
  const operation: Operation = { output, failure, inferenceId, warnings: request.warnings }
  return {
    status: 'pending',
    operation: { ...operation },
    pollAfterMs: POLL_AFTER_MS,
    warnings: request.warnings,
    upstreamRequestId: inferenceId ?? headers['x-amzn-requestid'],
  }
}

function operationOf({ output, failure, inferenceId, warnings }: RemoteOperation): Operation {
  const sentences = Array.isArray(warnings) ? warnings.filter((each) => typeof each === 'string') : []
  return { output: text(output) ?? '', failure: text(failure), inferenceId: text(inferenceId), warnings: sentences }
}

/** What the failure file of an invocation says. */
async function failureOf(
  found: TransportResponse,
  inferenceId: string | undefined,
  provider: string,
): Promise<TurnoutError> {
  const body = await found.text()
  const value = parseJson(body)
  const fields = isObject(value) ? value : {}
  // `Received server error (500) from primary with message "…"`
  const [, status, inner] = /error \((\d{3})\)[\s\S]*?message "([\s\S]*)"/.exec(body) ?? []
  const wrapped = status === undefined ? fields : { OriginalStatusCode: status, OriginalMessage: inner }
  const { message, code, word } = readContainerFailure(
    wrapped,
    text(fields.Message) ?? text(fields.message) ?? readPlain(body),
  )
  return new TurnoutError(code ?? 'upstream_error', `${provider}: the work failed: ${message || 'no explanation'}`, {
    provider,
    upstreamCode: word,
    upstreamRequestId: inferenceId,
  })
}

const done = (media: Media[], { warnings, inferenceId }: Operation, isVideo: boolean): MediaDone => ({
  status: 'done',
  media,
  usage: isVideo ? {} : { images: media.length },
  warnings,
  upstreamRequestId: inferenceId,
})

/** One byte tells that the bytes are there, and their type. */
const A_BYTE = { range: 'bytes=0-0' }

async function result(url: string, { response }: Protocol, connection: Connection): Promise<Media[] | undefined> {
  if (response.kind !== 'bytes') {
    const found = await findObject(url, {}, connection)
    return found && readMedia(found, response, connection)
  }
  const found = await findObject(url, A_BYTE, connection)
  if (found === undefined) return undefined
  for await (const _ of found.body);
  const mediaType = typeOfBytes(found, response, connection.provider)
  return [{ url, sealed: true, mediaType }]
}

/** Looks for the result, and if there is none for the failure: SageMaker writes one of the two when it is done. */
export async function pollAsync(
  stored: RemoteOperation,
  protocol: Protocol,
  isVideo: boolean,
  connection: Connection,
): Promise<MediaOutcome> {
  const operation = operationOf(stored)
  const media = await result(placeOf(operation.output, protocol, connection), protocol, connection)
  if (media) return done(media, operation, isVideo)
  if (operation.failure !== undefined) {
    const found = await findObject(placeOf(operation.failure, protocol, connection), {}, connection)
    if (found) throw await failureOf(found, operation.inferenceId, connection.provider)
  }
  return {
    status: 'pending',
    operation: stored,
    pollAfterMs: POLL_AFTER_MS,
    upstreamRequestId: operation.inferenceId,
  }
}

/** The bytes of a result, which the credential opens. */
export const openResult = ({ url }: Media, connection: Connection): Promise<TransportResponse> =>
  getObject(url!, {}, connection)
