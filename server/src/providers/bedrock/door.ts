import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { memoised } from '../../lib/memoised.ts'
import { BEDROCK, callAws } from '../shared/aws/call.ts'
import { bedrockError } from './errors.ts'

/** An id or an ARN, in which colons and slashes are part of the name. */
const modelPath = memoised((model): string => `/model/${encodeURIComponent(model)}`)

/** One call of a model. Source: Bedrock Runtime service model 2023-09-30. */
export function callModel(
  operation: 'converse' | 'converse-stream' | 'invoke',
  model: string,
  body: unknown,
  connection: Connection,
): Promise<TransportResponse> {
  const request = {
    method: 'POST' as const,
    url: `${connection.baseUrl}${modelPath(model)}/${operation}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  return callAws(BEDROCK, request, connection, bedrockError(connection))
}
