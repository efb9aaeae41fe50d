import type { Connection, TransportResponse } from '../../../core/adapter.ts'
import { TurnoutError } from '../../../core/error.ts'
import { type ErrorReader, isReadable, refusalOf } from '../failure.ts'
import { type AwsAccess, accessOf } from './credentials.ts'
import { type Signable, signed } from './sign.ts'

export interface AwsService {
  /** What it signs by. */
  name: string
  /** Whether it takes a bearer key; Amazon Bedrock alone does. */
  bearer: boolean
}

export const BEDROCK: AwsService = { name: 'bedrock', bearer: true }
export const SAGEMAKER: AwsService = { name: 'sagemaker', bearer: false }
export const S3: AwsService = { name: 's3', bearer: false }

/** Of header names in two spellings only one would be signed. */
const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function authorized(
  request: Signable,
  access: AwsAccess,
  service: AwsService,
  { provider, region }: Connection,
): Record<string, string> {
  if ('bearer' in access) {
    if (service.bearer) return { ...request.headers, authorization: `Bearer ${access.bearer}` }
    const what = `its credential must be ACCESS_KEY_ID:SECRET or ACCESS_KEY_ID:SECRET:SESSION_TOKEN`
    throw new TurnoutError('authentication', `${provider} takes no bearer key: ${what}.`, {
      provider,
      delivered: false,
    })
  }
  if (region === undefined || region === '') {
    throw new TurnoutError('invalid_input', `${provider} has no region; set the region of the provider or the model.`, {
      provider,
      param: 'region',
      delivered: false,
    })
  }
  return signed(request, access.keys, { service: service.name, region })
}

/**
 * One exchange with an AWS service, signed or with a bearer key. The headers
 * of the configuration are signed with the others.
 *
 * @throws TurnoutError for every answer that is not a good one, as `readError` makes it
 */
export async function callAws(
  service: AwsService,
  request: Signable,
  connection: Connection,
  readError: ErrorReader,
): Promise<TransportResponse> {
  const access = await accessOf(connection)
  const { method, url, body } = request
  const given = { ...request.headers, ...lowerCase(connection.headers) }
  const headers = authorized({ method, url, headers: given, body }, access, service, connection)
  const response = await connection.transport(url, { method, headers, body, signal: connection.signal })
  if (isReadable(response)) return response
  throw await refusalOf(response, connection.provider, readError)
}

/** The number by which AWS finds a request again. */
export const awsRequestId = ({ headers }: Pick<TransportResponse, 'headers'>): string | undefined =>
  headers['x-amzn-requestid'] ?? headers['x-amz-request-id']
