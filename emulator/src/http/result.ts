import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Files } from '../files.ts'
import type { Ledger } from '../ledger.ts'
import { carriedCredentials, publicUrl } from './credentials.ts'
import { sendJson } from './send.ts'

export const RESULT_PATH = '/_files/'

/** Serves a result by its URL to whoever asks, and notes who sends a credential along. */
export async function serveResult(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { files, ledger }: { files: Files; ledger: Ledger },
): Promise<void> {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
  const carriedIn = carriedCredentials(request.headers, query)
  if (carriedIn.length > 0) ledger.leak({ path: publicUrl(request.url ?? path), carriedIn, at: Date.now() })
  const file = await files.read(path.slice(RESULT_PATH.length))
  if (!file) return sendJson(response, 404, {}, { error: 'The file does not exist or has expired.' })
  response.writeHead(200, { 'content-type': file.contentType, 'content-length': file.data.length })
  response.end(request.method === 'HEAD' ? undefined : file.data)
}
