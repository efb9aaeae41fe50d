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

const SAGEMAKER_HEADER = 'x-amzn-sagemaker-'

/** The path within the container goes with the attributes that are passed on to it. */
const attributesOf = ({ route, customAttributes }: SagemakerSettings): string | undefined =>
  [route && `route=${route}`, customAttributes].filter(Boolean).join(',') || undefined

function headersOf(settings: SagemakerSettings, invocation: Invocation): Record<string, string | undefined> {
  const isAsync = invocation === 'async-invocations'
  const common = {
    'custom-attributes': attributesOf(settings),
    ...(isAsync
      ? {
          s3outputpathextension: settings.outputPathExtension,
          requestttlseconds: settings.requestTtlSeconds?.toString(),
          invocationtimeoutseconds: settings.invocationTimeoutSeconds?.toString(),
        }
      : {
          'target-variant': settings.targetVariant,
          'target-container-hostname': settings.targetContainerHostname,
          'inference-component': settings.inferenceComponent,
          'session-id': settings.sessionId,
          ...(invocation === 'invocations' && { 'target-model': settings.targetModel }),
        }),
  }
  return Object.fromEntries(Object.entries(common).map(([name, value]) => [SAGEMAKER_HEADER + name, value]))
}

/** Only the plain call has the container's types in the headers of the same name. */
function typeHeaders(invocation: Invocation, contentType: string | undefined, accept: string | undefined) {
  const typeName = invocation === 'async-invocations' ? `${SAGEMAKER_HEADER}content-type` : 'content-type'
  const acceptName = invocation === 'invocations' ? 'accept' : `${SAGEMAKER_HEADER}accept`
  return { [typeName]: contentType, [acceptName]: accept }
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
  const given = {
    ...headersOf(settings, invocation),
    ...typeHeaders(invocation, payload.contentType, settings.accept),
    ...(!isInline && { [`${SAGEMAKER_HEADER}inputlocation`]: payload.location }),
    // To SageMaker itself the request is bytes that it passes on.
    ...(isInline && invocation === 'async-invocations' && { 'content-type': 'application/octet-stream' }),
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = value
  const request = {
    method: 'POST' as const,
    url: `${connection.baseUrl}/endpoints/${encodeURIComponent(endpoint)}/${invocation}`,
    headers,
    ...(isInline && { body: payload.body }),
  }
  return callAws(SAGEMAKER, request, connection, sagemakerError(connection))
}
