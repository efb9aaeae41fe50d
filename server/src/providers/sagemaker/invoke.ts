import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { callAws, SAGEMAKER } from '../shared/aws/call.ts'
import { sagemakerError } from './errors.ts'
import { badSetting, type SagemakerSettings } from './settings.ts'

export type Invocation = 'invocations' | 'invocations-response-stream' | 'async-invocations'

/** How many bytes a request may have. Source: SageMaker Runtime service model 2017-05-13. */
export const MOST_BYTES: Readonly<Record<Invocation, number>> = {
  invocations: 6_291_456,
  'invocations-response-stream': 6_291_456,
  'async-invocations': 128_000,
}

/** The path within the container goes with the attributes that are passed on to it. */
function attributesOf({ route, customAttributes }: SagemakerSettings): string | undefined {
  if (route === undefined) return customAttributes
  return customAttributes === undefined ? `route=${route}` : `route=${route},${customAttributes}`
}

/** What an endpoint is told beside the request; undefined: nothing. Only the plain call has the container's types in the usual headers. */
function headersOf(
  invocation: Invocation,
  { contentType }: Payload,
  settings: SagemakerSettings,
): Record<string, string | undefined> {
  const { accept } = settings
  if (invocation === 'async-invocations') {
    return {
      'x-amzn-sagemaker-content-type': contentType,
      'x-amzn-sagemaker-accept': accept,
      'x-amzn-sagemaker-custom-attributes': attributesOf(settings),
      'x-amzn-sagemaker-s3outputpathextension': settings.outputPathExtension,
      'x-amzn-sagemaker-requestttlseconds': settings.requestTtlSeconds?.toString(),
      'x-amzn-sagemaker-invocationtimeoutseconds': settings.invocationTimeoutSeconds?.toString(),
    }
  }
  const isPlain = invocation === 'invocations'
  return {
    'content-type': contentType,
    [isPlain ? 'accept' : 'x-amzn-sagemaker-accept']: accept,
    'x-amzn-sagemaker-custom-attributes': attributesOf(settings),
    'x-amzn-sagemaker-target-model': isPlain ? settings.targetModel : undefined,
    'x-amzn-sagemaker-target-variant': settings.targetVariant,
    'x-amzn-sagemaker-target-container-hostname': settings.targetContainerHostname,
    'x-amzn-sagemaker-inference-component': settings.inferenceComponent,
    'x-amzn-sagemaker-session-id': settings.sessionId,
  }
}

/** What is sent along: the request itself, or where it lies. */
export type Payload = { contentType: string; body: string | Uint8Array } | { contentType: string; location: string }

/** Fails before anything is sent where the request is too large. */
export function requireFits(invocation: Invocation, body: string | Uint8Array, provider: string): void {
  const bytes = Buffer.byteLength(body)
  if (bytes <= MOST_BYTES[invocation]) return
  if (invocation === 'async-invocations') {
    const size = `is needed: the request has ${bytes} bytes, and an asynchronous call takes ${MOST_BYTES[invocation]} with it`
    throw badSetting(provider, 'inputLocation', `${size}; name an s3://bucket/prefix/ where larger ones can be put`)
  }
  const most = `${MOST_BYTES[invocation]} bytes`
  throw new TurnoutError('invalid_input', `${provider} takes requests of at most ${most}; this one has ${bytes}.`, {
    provider,
    status: 413,
    delivered: false,
  })
}

/** One call of an endpoint. Source: SageMaker Runtime service model 2017-05-13. */
export function invoke(
  invocation: Invocation,
  endpoint: string,
  payload: Payload,
  settings: SagemakerSettings,
  connection: Connection,
): Promise<TransportResponse> {
  const isInline = 'body' in payload
  if (isInline) requireFits(invocation, payload.body, connection.provider)
  const headers: Record<string, string> = {}
  const given = headersOf(invocation, payload, settings)
  for (const name in given) if (given[name] !== undefined) headers[name] = given[name]
  if (!isInline) headers['x-amzn-sagemaker-inputlocation'] = payload.location
  // To SageMaker itself the request is bytes that it passes on.
  else if (invocation === 'async-invocations') headers['content-type'] = 'application/octet-stream'
  const request = {
    method: 'POST' as const,
    url: `${connection.baseUrl}/endpoints/${encodeURIComponent(endpoint)}/${invocation}`,
    headers,
    ...(isInline && { body: payload.body }),
  }
  return callAws(SAGEMAKER, request, connection, sagemakerError(connection))
}
