import type { Connection, TransportResponse } from 'turnout/src/core/adapter.ts'

/** What every mapping by hand does with a request and its answer. */

/** Sends a body. @throws Error for an answer that is not a good one */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  { transport, signal }: Connection,
): Promise<TransportResponse> {
  const response = await transport(url, { method: 'POST', headers, body, signal })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return response
}

/** Sends JSON. @throws Error for an answer that is not a good one */
export const postJson = (
  url: string,
  credential: Record<string, string>,
  body: object,
  connection: Connection,
): Promise<TransportResponse> =>
  post(url, { ...credential, 'content-type': 'application/json' }, JSON.stringify(body), connection)

/** The JSON that an answer is. */
export const readJson = async <Value>(response: TransportResponse): Promise<Value> =>
  JSON.parse(await response.text()) as Value
