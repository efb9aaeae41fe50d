import type { Transport, TransportResponse } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { OriginPools, PoolOptions } from '../lib/http/pools.ts'
import { type HttpAnswer, NetworkError, sendRequest } from '../lib/http/request.ts'

function asTurnoutError(error: unknown, provider: string, began: boolean): unknown {
  if (!(error instanceof NetworkError)) return error
  const what = began || error.delivered ? 'closed the connection before the answer was complete' : 'cannot be reached'
  const code = error.code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'connection'
  return new TurnoutError(code, `${provider} ${what} (${error.code}).`, {
    provider,
    delivered: began || error.delivered,
    cause: error,
  })
}

/** The largest answer that is held in memory, in bytes. */
const MOST_OF_ANSWER = 256 * 1024 * 1024

/** @throws TurnoutError invalid_output for an answer without end */
async function readText(body: AsyncIterable<Uint8Array>, provider: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MOST_OF_ANSWER) {
      throw new TurnoutError('invalid_output', `${provider} sent more than ${MOST_OF_ANSWER} bytes.`, {
        provider,
        retryable: false,
      })
    }
  }
  return Buffer.concat(chunks).toString()
}

/** The body of an answer, whose failures are told in the same words as those of its request. */
function readable(answer: HttpAnswer, provider: string, signal: AbortSignal | undefined): TransportResponse {
  const told = (error: unknown): unknown =>
    signal?.aborted ? signal.reason : asTurnoutError(new NetworkError(error), provider, true)
  const text = () =>
    readText(answer.body, provider).catch((error: unknown) => {
      throw error instanceof TurnoutError ? error : told(error)
    })
  return {
    status: answer.status,
    headers: answer.headers,
    body: {
      async *[Symbol.asyncIterator]() {
        try {
          yield* answer.body as AsyncIterable<Uint8Array>
        } catch (error) {
          throw told(error)
        }
      },
    },
    text,
    json: async () => JSON.parse(await text()) as unknown,
  }
}

/** Answers are passed on or read as they come; a packed one could be neither scanned nor metered. */
const UNPACKED = { 'accept-encoding': 'identity' }

/**
 * What adapters reach their provider with. Of the requests that ask for fresh
 * connections only those get one that change something: it is they that must
 * not be lost on a connection which the other side is just closing.
 */
export function createTransport(pools: OriginPools, provider: string, options: PoolOptions): Transport {
  return async (url, { method = 'GET', headers = {}, body, signal }) => {
    const { origin, pathname, search } = new URL(url)
    try {
      const fresh = options.fresh === true && method === 'POST'
      const pool = pools.get(origin, { ...options, fresh })
      const answer = await sendRequest(pool, {
        method,
        path: pathname + search,
        headers: { ...UNPACKED, ...headers },
        body,
        signal,
        fresh,
      })
      return readable(answer, provider, signal)
    } catch (error) {
      throw asTurnoutError(error, provider, false)
    }
  }
}
