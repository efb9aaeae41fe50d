import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { ImageCall, MediaOutcome } from '../core/media.ts'
import { exchange, readObject } from './shared/exchange.ts'
import { invalidOutput } from './shared/failure.ts'
import { formRequest, mediaTypeOfFormat, mediaTypeOfHeader } from './shared/media.ts'
import { stabilityError } from './stability/errors.ts'
import { stabilityRequest } from './stability/request.ts'

/** Ends a body that nobody will read, so that its connection is not held. */
async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break
}

const readSeed = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined

const headersFor = ({ credential }: Connection, accept: string): Record<string, string> =>
  credential === undefined ? { accept } : { authorization: `Bearer ${credential}`, accept }

/** Source: the API reference of user accounts, v1. */
async function check(connection: Connection): Promise<void> {
  const request = { headers: headersFor(connection, 'application/json') }
  const response = await exchange(`${connection.baseUrl}/v1/user/balance`, request, connection, stabilityError)
  await readObject(response, connection.provider)
}

/** Asks for the bytes themselves, which are passed on as they come. */
async function start(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const { path, fields, files, warnings } = stabilityRequest(call, provider)
  const request = formRequest(fields, files, headersFor(connection, 'image/*'))
  const response = await exchange(connection.baseUrl + path, request, connection, stabilityError)
  const { headers, body } = response
  const upstreamRequestId = headers['x-request-id']
  if (headers['finish-reason'] === 'CONTENT_FILTERED') {
    await discard(body)
    throw new TurnoutError('content_policy', `${provider} withheld the picture for its content (CONTENT_FILTERED).`, {
      provider,
      upstreamStatus: response.status,
      upstreamCode: 'CONTENT_FILTERED',
      upstreamRequestId,
      providerCost: 0n,
    })
  }
  const type = headers['content-type']
  const isUntold = type === undefined || type.startsWith('application/octet-stream')
  const mediaType =
    mediaTypeOfHeader(type) ?? (isUntold ? (mediaTypeOfFormat(fields.output_format) ?? 'image/png') : undefined)
  if (mediaType === undefined) {
    await discard(body)
    throw invalidOutput(provider, `answered ${type} instead of a picture`, response, false)
  }
  return {
    status: 'done',
    media: [{ body, mediaType, seed: readSeed(headers.seed) }],
    usage: { images: 1 },
    warnings,
    upstreamRequestId,
  }
}

/** Stability's own REST API. It has no list of models; failures are not charged. */
export const stability: ProviderAdapter = { id: 'stability', image: { links: false, start }, check }
